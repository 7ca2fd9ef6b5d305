"""The text to learn: read, checked, and split into a part to train on and a part to validate on."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from graphnet.cli.errors import InputError

# The last part of the text, this share of it, is for validation.
VALIDATION_SHARE = 0.05


def read_text(file: str | None) -> str:
    """Return the contents of a UTF-8 file, or, without one, the text of Python's own help.

    Raises
    ------
    InputError
        If the file is not there, cannot be read, is empty or is not UTF-8, or if all its characters are the same.
    """
    if file is None:
        from pydoc_data.topics import topics

        return "\n".join(topics.values())
    path = Path(file)
    if path.is_dir():
        raise InputError(f"{file} is a directory; give a text file")
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise InputError(f"the text {file} cannot be read: {error.strerror}") from None
    if not contents:
        raise InputError(f"the text {file} is empty")
    try:
        text = contents.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the text {file} is not UTF-8: the byte 0x{contents[error.start]:02x} at offset {error.start} cannot be "
            f"decoded ({error.reason}). Convert it to UTF-8 first"
        ) from None
    text = text.removeprefix("\ufeff")  # a byte order mark is none of the text
    if not text:
        raise InputError(f"the text {file} is empty")
    if len(set(text)) == 1:
        raise InputError(f"the text {file} holds only the character {text[0]!r}; there is nothing to learn")
    return text


def split_text(text: str, n_rows: int, n_steps: int) -> tuple[str, str]:
    """Return the parts to train and to validate on.

    Raises
    ------
    InputError
        If the one is too short for a batch of ``n_rows`` rows of ``n_steps``, or the other for one row.
    """
    n_validation = max(n_steps, math.floor(VALIDATION_SHARE * len(text)))
    if len(text) - n_validation < n_rows * n_steps:
        needed = max(math.ceil(n_rows * n_steps / (1 - VALIDATION_SHARE)), (n_rows + 1) * n_steps)
        raise InputError(
            f"the text is too short for one batch of {n_rows} rows of {n_steps} steps and its validation: they need "
            f"{needed} characters, and there are {len(text)}. Give a longer text, a smaller --batch or a smaller "
            "--length"
        )
    return text[:-n_validation], text[-n_validation:]


def split_lines(text: str) -> tuple[list[str], list[str]]:
    r"""Return the lines to train and to validate on, without those that are empty.

    Raises
    ------
    InputError
        If there are fewer than two.

    Examples
    --------
    >>> split_lines("to be\n\nor not\nto be")
    (['to be', 'or not'], ['to be'])
    """
    lines = [line for line in text.split("\n") if line]
    if len(lines) < 2:
        raise InputError(
            f"--lengths needs two lines at least, one to train and one to validate on, and there is {len(lines)} that "
            "is not empty. Give another text, or train on it as one stream, without --lengths"
        )
    n_validation = max(1, math.floor(VALIDATION_SHARE * len(lines)))
    return lines[:-n_validation], lines[-n_validation:]


def unigram_entropy(text: str) -> float:
    """Return the entropy of single characters, in nats: the loss of a model that knows only how frequent each is.

    Examples
    --------
    >>> unigram_entropy("abab") == math.log(2)
    True
    """
    return -sum(n / len(text) * math.log(n / len(text)) for n in Counter(text).values())
