"""Units: bytes, seconds and shares as people read them."""

from __future__ import annotations


def readable(n_bytes: float) -> str:
    """Return a number of bytes with its unit.

    Examples
    --------
    >>> readable(1_234_567), readable(640), readable(2.5e11)
    ('1.2 MB', '640 bytes', '250 GB')
    """
    return _scaled(n_bytes, ["bytes", "kB", "MB", "GB", "TB"])


def duration(seconds: float) -> str:
    """Return a time with its unit.

    Examples
    --------
    >>> duration(0.0123), duration(2.5e-6), duration(75)
    ('12 ms', '2.5 µs', '75 s')
    """
    return _scaled(seconds * 1e6, ["µs", "ms", "s"], whole=False)


def percent(share: float) -> str:
    """Return a part of a whole in per cent; what is less than half of one stays visible.

    Examples
    --------
    >>> percent(0.254), percent(0.004), percent(0)
    ('25 %', '0.4 %', '0 %')
    """
    return f"{100 * share:.1f} %" if 0.0005 <= share < 0.0095 else f"{100 * share:.0f} %"


def bar(share: float, width: int = 16) -> str:
    """Return a bar as long as a part of a whole.

    Examples
    --------
    >>> bar(0.5, 4), bar(0.3, 4), bar(0, 4)
    ('██', '█▎', '')
    """
    eighths = round(8 * width * min(1.0, max(0.0, share)))
    return "█" * (eighths // 8) + ("" if eighths % 8 == 0 else "▏▎▍▌▋▊▉"[eighths % 8 - 1])


def _scaled(number: float, units: list[str], *, whole: bool = True) -> str:
    for unit in units:
        if round(number, 1 if number < 9.95 else 0) < 1000 or unit == units[-1]:
            break
        number /= 1000
    one_digit = number < 9.95 and not (whole and unit == units[0])
    return f"{number:.1f} {unit}" if one_digit else f"{number:,.0f} {unit}"
