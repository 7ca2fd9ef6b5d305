"""Writing files so that no one ever finds half of one."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def write_atomically(file: str | os.PathLike[str], contents: bytes) -> None:
    """Write a file so that at every moment either the old contents are there or the new ones, and whole.

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
            stream.write(contents)
            stream.flush()
            os.fsync(stream.fileno())  # on the disk before the name points there
        os.replace(temporary, path)
    except OSError as error:
        if error.filename is not None:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)
