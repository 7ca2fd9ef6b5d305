"""Methods of Torch7 that are called after a constructor: what they come to as arguments, or as modules added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Arguments = list[Any]


def _at(place: int, *fixed: Any) -> Callable[[Sequence[Any], Sequence[Any]], Arguments]:
    """Put what a method was given, or something fixed, at a place of the constructor's arguments."""

    def placed(arguments: Sequence[Any], given: Sequence[Any]) -> Arguments:
        padded = [*arguments, *[None] * (place + 1 - len(arguments))]
        padded[place] = (*fixed, *given, None)[0]
        return padded

    return placed


def _instead(arguments: Sequence[Any], given: Sequence[Any]) -> Arguments:
    """Put what a method was given in the place of all arguments."""
    return list(given)


# What a method makes of the arguments, by class and name.
REPLACED: dict[str, dict[str, Callable[[Sequence[Any], Sequence[Any]], Arguments]]] = {
    "nn.Dropout": {"setp": _at(0)},
    "nn.GradientReversal": {"setLambda": _at(0)},
    "nn.Linear": {"noBias": _at(2, False)},
    "nn.LookupTable": {
        "scaleGradByFreq": _at(5, True),  # no argument in Lua, but one of what makes ours
        "setMaxNorm": _at(3),
        "setNormType": _at(4),
        "setPadding": _at(2),
    },
    "nn.MapTable": {"add": _at(0)},
    "nn.PartialLinear": {"resetPartition": _at(3, None), "setPartition": _at(3)},
    "nn.Squeeze": {"setNumInputDims": _at(1)},
    "nn.Unsqueeze": {"setNumInputDims": _at(1)},
    "nn.View": {"resetSize": _instead},
}


def change_contents(contents: list[Any], method: str, given: Sequence[Any]) -> bool:
    """Let ``add``, ``insert`` and ``remove`` change what is in a container; tell whether the method is one of these."""
    if method == "add":
        contents.append(given[0])
    elif method == "insert":
        place = given[1] if len(given) > 1 and given[1] is not None else len(contents) + 1
        if not 1 <= place <= len(contents) + 1:
            raise ValueError(f"insert(module, {place}): there are {len(contents)} modules, counted from 1")
        contents.insert(int(place) - 1, given[0])
    elif method == "remove":
        place = given[0] if given and given[0] is not None else len(contents)
        if not 1 <= place <= len(contents):
            raise ValueError(f"remove({place}): there are {len(contents)} modules, counted from 1")
        del contents[int(place) - 1]
    else:
        return False
    return True
