r"""Symbols: names as mathematics, whatever characters they hold.

>>> for name in ("h", "h1", "sigma", "W_x", "forget_gate", "prev_c_1", "gates[0]", "50%_{off}"):
...     print(symbol_of(name).text())
h
h_1
\sigma
W_x
\mathit{forget\_gate}
\mathit{prev\_c}_1
\mathit{gates}_0
\mathit{50\%\_\{off\}}
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_SMALL = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)
_GREEK = (*_SMALL, "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega")

# What LaTeX reads as something else. In HTML, too, nothing of it may begin a tag or an entity.
_ESCAPED = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&{}",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"{\wedge}",
    "~": r"{\sim}",
    "<": "{<}",
    ">": "{>}",
    '"': "{''}",
    "'": "{'}",
    "`": "{`}",
    " ": r"\ ",
}
_LONGEST = 40


class Symbol(NamedTuple):
    """A symbol: what stands on the line, below and above.

    Attributes
    ----------
    core : str
    below, above : tuple of str
        What is separated by commas there.
    """

    core: str
    below: tuple[str, ...] = ()
    above: tuple[str, ...] = ()

    def text(self, time: str | None = None) -> str:
        """Return the LaTeX, with a time step behind what is below."""
        below = ", ".join(self.below if time is None else (*self.below, time))
        above = ", ".join(self.above)
        return self.core + _script("_", below) + (f"^{{({above})}}" if above else "")

    @property
    def is_short(self) -> bool:
        """Whether it may stand beside another one without a comma."""
        return re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+(\{[A-Za-z]\})?", self.core) is not None and len(self.below) < 2


def _script(sign: str, text: str) -> str:
    return "" if not text else f"{sign}{text}" if len(text) == 1 else f"{sign}{{{text}}}"


def beside(*symbols: Symbol) -> str:
    """Return several symbols, without their times and what is above them, as they stand below another one."""
    texts = [symbol._replace(above=()).text() for symbol in symbols]
    if not all(symbol.is_short for symbol in symbols):
        return ", ".join(texts)
    return ("" if all(len(text) == 1 for text in texts) else " ").join(texts)


def symbol_of(name: str) -> Symbol:
    """Return the symbol of a name: a letter stays a letter, Greek names become Greek, what follows ``_`` goes below."""
    name, *indices = re.split(r"\[(\d+)\]", name) if re.fullmatch(r"[^\[\]]+(\[\d+\])+", name) else [name]
    places = tuple(index for index in indices if index)
    head, *rest = name.split("_")
    short = re.fullmatch(r"([^\W\d_])(\d*)", head)
    if head in _GREEK or _greek_letter(head):
        return Symbol(_word(head), tuple(map(_word, filter(None, rest))) + places)
    if short and all(rest):
        return Symbol(_word(short[1]), (*filter(None, [short[2]]), *map(_word, rest), *places))
    numbers: list[str] = []
    while rest and rest[-1].isdecimal() and rest[-1].isascii():
        numbers.insert(0, rest.pop())
    return Symbol(_word("_".join([head, *rest])), (*numbers, *places))


def _greek_letter(character: str) -> str | None:
    """Return the name of a Greek letter, if it is one that LaTeX knows by it."""
    parts = unicodedata.name(character, "").split() if len(character) == 1 else []
    if len(parts) != 4 or parts[0] != "GREEK":
        return None
    name = {"LAMDA": "lambda"}.get(parts[3], parts[3].lower())
    name = name if parts[1] == "SMALL" else name.capitalize()
    return name if name in _GREEK else None


def _word(word: str) -> str:
    greek = word if word in _GREEK else _greek_letter(word)
    if greek:
        return f"\\{greek}"
    plain = word.isascii() and (word.isdigit() or (len(word) == 1 and word.isalpha()))
    return word if plain else rf"\mathit{{{plain_text(word)}}}"


def plain_text(text: str) -> str:
    r"""Return a text for within ``\mathit{}`` and its kin; one that is too long is cut in its middle.

    >>> print(plain_text("a_b <é>"))
    a\_b\ {<}\text{é}{>}
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split()) or "?"
    if len(text) > _LONGEST:
        return plain_text(text[: _LONGEST - 12]) + r"\ldots " + plain_text(text[-10:])
    # Characters that are not ASCII are letters of text for all that typeset LaTeX, but of mathematics for some only.
    runs = re.split(r"([^\x20-\x7e]+)", text)
    return "".join(
        rf"\text{{{run}}}" if i % 2 else "".join(_ESCAPED.get(c, c) for c in run) for i, run in enumerate(runs)
    )


def given_symbol(latex: str, name: str) -> Symbol:
    r"""Return a symbol that a user chose, taken apart, so that a time step may be put below it.

    >>> given_symbol(r"\tilde{c}_{in}", "candidate")
    Symbol(core='\\tilde{c}', below=('in',), above=())

    Raises
    ------
    TypeError, ValueError
        If it is no LaTeX of a symbol.
    """
    if not isinstance(latex, str):
        raise TypeError(f"the symbol of {name!r} is LaTeX in a string, not {latex!r}")
    bare = re.sub(r"\\[\\{}$&]", "", latex)
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            break
    if not latex.strip() or depth or re.search(r"[$&#%\n]|\\\\", latex.replace(r"\&", "").replace(r"\%", "")):
        raise ValueError(
            f"the symbol of {name!r} is {latex!r}, which is no LaTeX of one symbol: its braces must be balanced, and "
            "$, &, #, % and line breaks would end the equation"
        )
    scripts = re.fullmatch(r"([^_^{}]+(?:\{[^_^{}]*\})*)_(?:\{([^{}]*)\}|([A-Za-z0-9]))", latex)
    if scripts:
        return Symbol(scripts[1], (scripts[2] or scripts[3],))
    return Symbol(f"{{{latex}}}" if "_" in latex or "^" in latex else latex)
