"""Matching: which boxes of two scenes are the same node, by names, kinds of modules and the boxes around them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from graphnet.draw.scene.parts import Arrow, Box, Frame

if TYPE_CHECKING:
    from graphnet.draw.scene.scene import Scene

# What speaks for a pair of boxes: the same place beside a matched pair says most, a label alone says nothing.
SAME_NEIGHBOUR, SAME_PLACE, SAME_LABEL = 2, 1, 1


class Matching:
    """The pairs of two scenes.

    Matched at first are inputs and outputs, by their names or else their places, and nodes by names that stand for one
    in each scene. From each pair on, boxes are matched that stand on the same side of it and call modules of one class;
    first those with most pairs around them. Boxes of other names or arguments need pairs on both their sides; if none
    are left, the only ones of their class beside a pair are matched. Where the nets share more than half of their
    names, boxes of two names are no pair. Only boxes whose frames are matched can be a pair.

    Attributes
    ----------
    boxes : dict of Box to Box
        From those of the first scene to those of the second.
    frames : dict of Frame to Frame
    """

    def __init__(self, first: Scene, second: Scene) -> None:
        self.frames: dict[Frame, Frame] = {first.root: second.root}
        self.boxes: dict[Box, Box] = {}
        self._back: dict[Box, Box] = {}
        self._order = {box: i for scene in (first, second) for i, box in enumerate(scene.boxes)}
        self._around = {**_neighbours(first), **_neighbours(second)}
        self._names_tell = _share_names(first, second)
        self._match_frames()
        self._match_ends(first, second)
        self._match_names(first, second)
        self._spread()
        while self._match_only_ones() or self._match_rest(first, second):
            self._spread()

    def _match_frames(self) -> None:
        pending = [(a, b) for a, b in self.frames.items()]
        while pending:
            a, b = pending.pop()
            inside = [[item for item in frame.content if isinstance(item, Frame)] for frame in (a, b)]
            for key in (_name_of, _class_of):
                left = [
                    [f for f in frames if f not in self.frames and f not in self.frames.values()] for frames in inside
                ]
                keys = [[key(frame) for frame in frames] for frames in left]
                for block in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_matching_blocks():
                    for i in range(block.size):
                        one, other = left[0][block.a + i], left[1][block.b + i]
                        if keys[0][block.a + i] is not None:
                            self.frames[one] = other
                            pending.append((one, other))

    def _match_ends(self, first: Scene, second: Scene) -> None:
        for role in ("input", "output"):
            ends = [[box for box in scene.boxes if box.role == role] for scene in (first, second)]
            for key in (_name_of, _entry_of, lambda box: (box.role, box.index)):
                self._match_unique(ends[0], ends[1], key)

    def _match_names(self, first: Scene, second: Scene) -> None:
        nodes = [[box for box in scene.boxes if box.role == "node"] for scene in (first, second)]
        self._match_unique(nodes[0], nodes[1], _name_of)

    def _match_unique(self, left: list[Box], right: list[Box], key: Callable[[Box], object]) -> None:
        """Match the boxes of which each scene has one of a key in matched frames."""
        by_key: list[dict[object, list[Box]]] = [defaultdict(list), defaultdict(list)]
        for found, boxes, taken in zip(by_key, (left, right), (self.boxes, self._back), strict=True):
            for box in boxes:
                if box not in taken and (value := key(box)) is not None:
                    found[value].append(box)
        for value, ones in by_key[0].items():
            others = by_key[1].get(value, [])
            if len(ones) == len(others) == 1 and self._may_be(ones[0], others[0]):
                self._match(ones[0], others[0])

    def _may_be(self, one: Box, other: Box) -> bool:
        return one.role == other.role and self.frames.get(one.frame) is other.frame

    def _match(self, one: Box, other: Box) -> None:
        self.boxes[one] = other
        self._back[other] = one

    def _spread(self) -> None:
        """Match from pair to pair, the best first."""
        waiting: list[tuple[int, int, int, int, Box, Box]] = []
        count = 0

        def look_around(one: Box, other: Box) -> None:
            nonlocal count
            for side in (0, 1):
                for _, neighbour in self._around[one][side]:
                    for _, candidate in self._around[other][side]:
                        if self._is_open(neighbour, candidate):
                            count += 1
                            order = (-self._score(neighbour, candidate), self._order[neighbour], self._order[candidate])
                            heapq.heappush(waiting, (*order, count, neighbour, candidate))

        for one, other in list(self.boxes.items()):
            look_around(one, other)
        while waiting:
            score, *_, one, other = heapq.heappop(waiting)
            if not self._is_open(one, other) or not self._is_likely(one, other):
                continue
            if (now := -self._score(one, other)) < score:  # more of what is around it was matched meanwhile
                count += 1
                heapq.heappush(waiting, (now, self._order[one], self._order[other], count, one, other))
                continue
            self._match(one, other)
            look_around(one, other)

    def _is_open(self, one: Box, other: Box) -> bool:
        is_free = one not in self.boxes and other not in self._back
        if not is_free or not self._may_be(one, other) or _class_of(one) != _class_of(other):
            return False
        names = _name_of(one), _name_of(other)
        return names[0] == names[1] or None in names or not self._names_tell

    def _is_likely(self, one: Box, other: Box) -> bool:
        """Tell whether two boxes are alike enough to match them for one pair beside them, or have one on each side."""
        if label_of(one) == label_of(other) and (not self._names_tell or _name_of(one) == _name_of(other)):
            return True
        return all(
            any(self.boxes.get(neighbour) in others for _, neighbour in self._around[one][side])
            for side in (0, 1)
            for others in [{neighbour for _, neighbour in self._around[other][side]}]
        )

    def _match_only_ones(self) -> bool:
        """Match boxes that are the only ones left of their class on one side of a pair; tell whether there were any."""
        found = False
        for one, other in list(self.boxes.items()):
            for side in (0, 1):
                ones, others = (
                    list(dict.fromkeys(box for _, box in self._around[pair][side] if box not in taken))
                    for pair, taken in ((one, self.boxes), (other, self._back))
                )
                for box in ones:
                    alike = [[b for b in boxes if _class_of(b) == _class_of(box)] for boxes in (ones, others)]
                    if len(alike[0]) == len(alike[1]) == 1 and self._is_open(box, alike[1][0]):
                        self._match(box, alike[1][0])
                        found = True
            if found:
                return True
        return False

    def _score(self, one: Box, other: Box) -> int:
        score = SAME_LABEL * (label_of(one) == label_of(other)) - (_name_of(one) != _name_of(other))
        for side in (0, 1):
            theirs = dict[Box, set[object]]()
            for place, neighbour in self._around[other][side]:
                theirs.setdefault(neighbour, set()).add(place)
            for place, neighbour in self._around[one][side]:
                match = self.boxes.get(neighbour)
                if match is not None and match in theirs:
                    score += SAME_NEIGHBOUR + SAME_PLACE * (place in theirs[match])
        return score

    def _match_rest(self, first: Scene, second: Scene) -> bool:
        """Match what has no pair beside it, in order, if labels and names are the same; tell whether there was any."""
        n_matched = len(self.boxes)
        waiting: dict[object, list[Box]] = defaultdict(list)
        for box in second.boxes:
            if box not in self._back:
                waiting[label_of(box), _name_of(box), box.role].append(box)
        for box in first.boxes:
            if box not in self.boxes:
                same = waiting[label_of(box), _name_of(box), box.role]
                found = next((other for other in same if self._may_be(box, other)), None)
                if found is not None:
                    same.remove(found)
                    self._match(box, found)
        return len(self.boxes) > n_matched


def is_changed(one: Box, other: Box) -> bool:
    """Tell whether two boxes that are a pair call other modules, or have two names."""
    names = _name_of(one), _name_of(other)
    return label_of(one) != label_of(other) or (names[0] != names[1] and None not in names)


def labels_of(one: Box, other: Box) -> tuple[str, str]:
    """Return what the boxes of a pair do, with more digits where these tell one from the other."""
    shown = label_of(one, exact=False), label_of(other, exact=False)
    return shown if shown[0] != shown[1] else (label_of(one), label_of(other))


def label_of(box: Box, exact: bool = True) -> str:
    """Return what a box does: its module with its arguments, or what it is."""
    if box.module is not None:
        return box.module.exact_label() if exact else box.module.label()
    return box.node.action() if box.node is not None and box.role == "node" else box.role


def _neighbours(scene: Scene) -> dict[Box, tuple[list[tuple[object, Box]], list[tuple[object, Box]]]]:
    """Return what each box takes from and gives to, with the places."""
    around: dict[Box, tuple[list[tuple[object, Box]], list[tuple[object, Box]]]] = {b: ([], []) for b in scene.boxes}
    for arrow in scene.arrows:
        around[arrow.head][0].append((wire_of(arrow), arrow.tail.box))
        around[arrow.tail.box][1].append((wire_of(arrow), arrow.head))
    return around


def wire_of(arrow: Arrow) -> tuple[object, ...]:
    """Return what tells an arrow from others between the same boxes."""
    return arrow.tail.element, arrow.place, arrow.shift, arrow.leap


def _share_names(first: Scene, second: Scene) -> bool:
    """Tell whether more than half of the names of one scene stand in the other, too."""
    names = [{name for box in scene.boxes if (name := _name_of(box))} for scene in (first, second)]
    return 2 * len(names[0] & names[1]) > min(len(names[0]), len(names[1]))


def _name_of(item: Box | Frame) -> str | None:
    return item.node.name if item.node is not None else None


def _entry_of(box: Box) -> object:
    return None if box.entry is None else (box.entry.meaning, box.role)


def _class_of(item: Box | Frame) -> object:
    if isinstance(item, Frame) and item.module is None:
        return ("frame", item.t)
    return type(item.module) if item.module is not None else ("list", item.node is not None and item.node.index)
