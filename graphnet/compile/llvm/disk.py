"""Object files of this user on disk: found by what they were made of, and run only if no one else can have made them.

The folder is ``GRAPHNET_CACHE`` if that is set ("0" or "off": none), else one in the user's cache folder. It is made
readable and writable by its owner alone. Where another user owns it or could write to it, to a folder above it, or to
a file, that is said once, and code is compiled anew; on Windows, permissions are those of the user's profile and are
not looked at. Where nothing can be written, nothing is kept, and nothing fails.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import warnings
from pathlib import Path

from graphnet.files import write_atomically

LIMIT = 200_000_000  # bytes
KIND = ".object"
HEADER = b"graphnet object 1\n"
_warned: set[str] = set()


def folder() -> Path | None:
    """Return the folder of object files, or None if there is to be none; it need not be there.

    >>> folder() is None or folder().is_absolute()
    True
    """
    chosen = os.environ.get("GRAPHNET_CACHE", "")
    if chosen.lower() in ("0", "off"):
        return None
    try:
        path = Path(chosen).expanduser() if chosen else _of_the_user() / "graphnet"
        return Path(os.path.realpath(path))
    except (RuntimeError, OSError):  # there is no home
        return None


def _of_the_user() -> Path:
    """Return the folder that the system has for what can be made anew."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if os.path.isabs(named) else Path.home() / ".cache"


def read(name: str) -> bytes | None:
    """Return what was written by a name, or None if it is not there, damaged, or not this user's alone."""
    place = folder()
    if place is None or not _is_private(place):
        return None
    path = place / (name + KIND)
    try:
        # Not through a link, and looked at through what was opened: the name may point elsewhere a moment later.
        with open(path, "rb", opener=_open_no_link) as stream:
            if not _belongs_to_user(os.fstat(stream.fileno()), path):
                return None
            contents = stream.read()
        os.utime(path)  # used now: files that were not used for long are deleted first
    except OSError:
        return None
    start = len(HEADER) + hashlib.sha256().digest_size
    head, body = contents[:start], contents[start:]
    return body if head == _head(name, body) else None


def write(name: str, body: bytes) -> None:
    """Keep the bytes by a name, and delete the files longest unused if there are too many."""
    place = folder()
    if place is None:
        return
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(place):
            write_atomically(place / (name + KIND), _head(name, body) + body, mode=0o600)
            _make_room(place)
    except OSError:  # read-only, full, or gone
        return


def total_bytes() -> int:
    """Return how much room the object files take."""
    place = folder()
    return sum(size for _, size, _ in _files(place)) if place is not None else 0


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _head(name: str, body: bytes) -> bytes:
    """Return what a whole file begins with; a file under another's name is told by it, too."""
    return HEADER + hashlib.sha256(name.encode() + body).digest()


def _files(place: Path) -> list[tuple[float, int, str]]:
    """Return when each file was last used, its bytes and its path, the longest unused first."""
    found = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith(KIND) and entry.is_file(follow_symlinks=False):
                    state = entry.stat(follow_symlinks=False)
                    found.append((state.st_mtime, state.st_size, entry.path))
    except OSError:  # it is not there, or another process deletes from it, too
        return sorted(found)
    return sorted(found)


def _make_room(place: Path) -> None:
    files = _files(place)
    total = sum(size for _, size, _ in files)
    for _, size, path in files:
        if total <= LIMIT:
            return
        Path(path).unlink(missing_ok=True)
        total -= size


def _is_private(place: Path) -> bool:
    """Say whether the folder is there and no other user can put a file into it, or another folder in its place."""
    if sys.platform == "win32":
        return place.is_dir()
    try:
        if not _belongs_to_user(place.lstat(), place):
            return False
        return all(_is_trusted(above.stat(), above) for above in place.parents)
    except OSError:
        return False


def _belongs_to_user(state: os.stat_result, path: Path) -> bool:
    """Say whether a file or folder is this user's, and only this user can write to it; warn once if not."""
    if sys.platform == "win32":
        return True
    if state.st_uid != os.geteuid():
        return _refused(path, "belongs to another user")
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return _refused(path, "can be written to by other users")
    return True


def _is_trusted(state: os.stat_result, path: Path) -> bool:
    """Say whether a folder above can be changed only by this user and the system's."""
    if sys.platform == "win32":
        return True
    if state.st_uid not in (0, os.geteuid()):
        return _refused(path, "belongs to another user")
    others = stat.S_IWOTH if _is_group_of_one(state.st_gid) else stat.S_IWGRP | stat.S_IWOTH
    # In a sticky folder, as /tmp, everyone can make files but not rename those of others.
    if state.st_mode & others and not state.st_mode & stat.S_ISVTX:
        return _refused(path, "can be written to by other users")
    return True


def _is_group_of_one(number: int) -> bool:
    """Say whether a group is the user's own, as many systems make one of the same name for each user."""
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(number)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _refused(path: Path, reason: str) -> bool:
    if str(path) not in _warned:
        _warned.add(str(path))
        warnings.warn(
            f"compiled code is neither kept in nor run from {path}, since it {reason}; "
            "set GRAPHNET_CACHE to a folder of your own, or to 0 to keep nothing",
            RuntimeWarning,
            stacklevel=2,
        )
    return False
