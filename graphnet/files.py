"""Writing files so that no one ever finds half of one."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path


def write_atomically(file: str | os.PathLike[str], contents: bytes, mode: int | None = None) -> None:
    """Write a file so that at every moment either the old contents are there or the new ones, and whole.

    ``mode`` is its permissions, which it has from the beginning; without it, they are those of any new file.

    Raises
    ------
    OSError
        If it cannot be written; the error names the file that was meant.
    """
    path = Path(file)
    # In the same folder, since a file can be renamed at once only within one file system.
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with open(temporary, "wb") as stream:
            if mode is not None:
                os.chmod(temporary, mode)
            stream.write(contents)
            stream.flush()
            os.fsync(stream.fileno())  # on the disk before the name points there
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is not None:  # else it is not the system's, and tells all in its text
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(file: str | os.PathLike[str], what: str) -> None:
    """Refuse a file that could not be written, before there is anything to write; ``what`` names it.

    Raises
    ------
    ValueError
        If the name is empty.
    OSError
        If the name is a folder's, or its folder is not there or cannot be written to.
    """
    path = Path(file)
    if not os.fspath(file):
        raise ValueError(f"{what} is the name of a file, not an empty text")
    if path.is_dir():
        raise IsADirectoryError(f"{what}, {path}, is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder of {what}, {path.parent}, is not there")
    try:
        descriptor, trial = tempfile.mkstemp(dir=path.parent)
    except OSError as error:
        raise type(error)(f"{what}, {path}, cannot be written: {error.strerror} in its folder") from error
    os.close(descriptor)
    os.unlink(trial)
