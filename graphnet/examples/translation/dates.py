"""Dates as people write them, and in ISO form."""

from __future__ import annotations

import datetime
import string
import zlib
from collections.abc import Sequence

import numpy as np

from graphnet.batches import Batch, Batches, Epoch, Ragged, Vocabulary
from graphnet.nesting import Array, Nested

FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
# Not those of strftime, which are the locale's.
MONTHS = ["January", "February", "March", "April", "May", "June"]
MONTHS += ["July", "August", "September", "October", "November", "December"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FORMS = (
    "{d} {month} {year}",
    "{month} {d}, {year}",
    "{month} the {nth}, {year}",
    "the {nth} of {month}, {year}",
    "{day}, {nth} {month} {year}",
    "{day}, {mon} {d}, {year}",
    "{year}, {month} {nth}",
    "{d} {mon} '{y}",
    "{mon} {d} {year}",
    "{d}.{m}.{year}",
    "{d}/{m}/{y}",
    "{weekday}, {dd}/{mm}/{y}",
)
SOURCE = Vocabulary(string.ascii_letters + string.digits + " ,./'")
TARGET = Vocabulary(string.digits + "-^")
START = "^"  # what the decoder takes before the first character
N_CHARACTERS = len("1994-03-03")
PARTS = ("train",) * 8 + ("validation", "test")


def written(date: datetime.date, form: str) -> str:
    """Write a date in one of :data:`FORMS`.

    Examples
    --------
    >>> written(datetime.date(1994, 3, 3), "{day}, {nth} {month} {year}")
    'Thursday, 3rd March 1994'
    """
    month, day = MONTHS[date.month - 1], DAYS[date.weekday()]
    return form.format(
        d=date.day,
        dd=f"{date.day:02}",
        nth=f"{date.day}{_ending(date.day)}",
        m=date.month,
        mm=f"{date.month:02}",
        month=month,
        mon=month[:3],
        day=day,
        weekday=day[:3],
        year=date.year,
        y=f"{date.year % 100:02}",  # there is one such year from 1950 to 2049
    )


def part_of(date: datetime.date) -> str:
    """Return which part a date is for, whatever its form: a checksum decides.

    >>> part_of(datetime.date(1994, 3, 15))
    'test'
    """
    return PARTS[zlib.crc32(date.isoformat().encode()) % len(PARTS)]


def _ending(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def pairs(part: str, n: int, seed: int) -> list[tuple[str, str]]:
    """Return dates as they are written, in forms and in capitals by chance, and in ISO form.

    Dates are from 1950 to 2049. No date of the test is in another part in any form.

    Parameters
    ----------
    part : {"train", "validation", "test"}
    n : int
    seed : int

    Examples
    --------
    >>> for text, iso in pairs("test", 4, seed=0):
    ...     print(text, "→", iso)
    the 23rd of December, 1976 → 1976-12-23
    1/6/89 → 1989-06-01
    14 dec '21 → 2021-12-14
    17.10.1983 → 1983-10-17
    """
    if part not in PARTS:
        raise ValueError(f"there are pairs for train, validation and test, not for {part!r}")
    generator = np.random.default_rng(seed)
    found: list[tuple[str, str]] = []
    while len(found) < n:
        date = FIRST + datetime.timedelta(days=int(generator.integers((LAST - FIRST).days + 1)))
        form = FORMS[generator.integers(len(FORMS))]
        case = (str, str.lower, str.upper)[generator.integers(3)]
        if part_of(date) == part:
            found.append((case(written(date, form)), date.isoformat()))
    return found


class Translations(Batches):
    """Pairs in batches for teacher forcing: the decoder is given the characters that it should have written.

    A batch is ``([source, lengths, mask, previous], target)``: source B x S and padded, lengths B, mask B x S, 1 for a
    character and 0 for padding; previous and target T x B, the target's characters shifted by one and themselves.

    Parameters
    ----------
    examples : sequence of (str, str)
        Texts, and what they are in ISO form.
    size : int
        The rows of a batch: B.
    seed : int

    Examples
    --------
    >>> (source, lengths, mask, previous), target = Translations([("3.3.1994", "1994-03-03")], 1).epoch(0)[0]
    >>> TARGET.decode(previous), TARGET.decode(target)
    ('^1994-03-0', '1994-03-03')
    """

    unit = "dates"

    def __init__(self, examples: Sequence[tuple[str, str]], size: int, seed: int = 0) -> None:
        texts, dates = zip(*examples, strict=True)
        targets = np.array([TARGET.encode(date) for date in dates])
        self.rows = Ragged([SOURCE.encode(text) for text in texts], targets, size, seed=seed, batch_first=True)

    def __len__(self) -> int:
        return len(self.rows)

    def epoch(self, k: int) -> Sequence[Batch]:
        batches = self.rows.epoch(k)

        def batch(i: int) -> Batch:
            (source, lengths), target = batches[i]
            start = np.full((len(target), 1), TARGET.encode(START))
            previous = np.concatenate([start, target[:, :-1]], 1)
            return [source, lengths, mask_of(source, lengths), previous.T], target.T

        return Epoch(len(batches), batch)

    def count(self, x: Nested, target: Nested) -> int:
        return len(x[1])


def mask_of(source: Array, lengths: Array) -> Array:
    """Return 1 where a row has a character and 0 where it is padding.

    >>> mask_of(np.zeros((2, 3)), np.array([3, 1]))
    array([[1, 1, 1],
           [1, 0, 0]])
    """
    return (np.arange(source.shape[1]) < lengths[:, None]).astype(np.intp)
