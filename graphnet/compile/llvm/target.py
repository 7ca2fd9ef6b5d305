"""The host's machine code: made from LLVM IR, kept on disk, loaded into this process."""

from __future__ import annotations

import ctypes
import hashlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphnet.compile.llvm import disk
from graphnet.compile.llvm.host import available, binding, host, lane_bytes, target_machine, why_unavailable

# What LLVM itself may call in place of a loop; they are found in the process.
FROM_THE_SYSTEM = frozenset({"memcpy", "memmove", "memset"})

# LLVM keeps the addresses of functions outside in a table among the variables, for which llvmlite's memory manager
# leaves no room; beside one variable there is the rest of a page.
ROOM_FOR_ADDRESSES = '\n@"graphnet room for addresses" = global i64 0\n'

__all__ = [
    "Address",
    "Library",
    "Statistics",
    "available",
    "counted",
    "digest_of_sources",
    "host",
    "lane_bytes",
    "load",
    "load_or_build",
    "statistics",
    "why_unavailable",
]

_lock = threading.RLock()
_loaded: weakref.WeakValueDictionary[tuple[str, tuple[tuple[str, int], ...]], Library] = weakref.WeakValueDictionary()
_compiled = 0
_hits = 0
_seconds = 0.0


@dataclass(frozen=True)
class Statistics:
    """What this process has compiled, what it found on disk instead, and where that is (None: nowhere)."""

    compiled: int
    hits: int
    seconds_compiling: float
    folder: str | None
    bytes: int


class Address(int):
    """Where a function begins; the library that it is in stays as long as this number."""

    library: Library


class Library:
    """Machine code in this process; it stays as long as this object.

    Attributes
    ----------
    names : tuple of str
        The functions whose addresses are known.
    """

    def __init__(self, engine: Any, names: Iterable[str], kept: object):
        self._engine = engine
        self._kept = kept
        self._addresses = {name: int(engine.get_function_address(name)) for name in names}
        self.names = tuple(self._addresses)

    def address(self, name: str) -> Address:
        """Return where a function begins.

        Raises
        ------
        KeyError
            If it was not among the names that the library was loaded with.
        """
        if name not in self._addresses:
            raise KeyError(f"there is no function {name!r} in this library; there are: {', '.join(self.names)}")
        address = Address(self._addresses[name])
        address.library = self
        return address

    def addresses(self) -> dict[str, Address]:
        """Return the addresses of all functions by their names, as ``load`` takes them for ``symbols``."""
        return {name: self.address(name) for name in self.names}

    def function(self, name: str, arguments: Iterable[Any], result: Any = None) -> Callable[..., Any]:
        """Return a function to call from Python, by the ctypes of its arguments and result; it releases the GIL."""
        made: Any = ctypes.CFUNCTYPE(result, *arguments)(self.address(name))
        made.library = self  # else the code might be gone when it is called
        return made  # type: ignore[no-any-return]


def load(text: str, names: Iterable[str], symbols: Mapping[str, int] | None = None) -> Library:
    """Return LLVM IR as machine code in this process, from disk if it was compiled before.

    Parameters
    ----------
    text : str
        The IR of one module, as assembly.
    names : iterable of str
        The functions whose addresses are wanted.
    symbols : mapping of str to int, optional
        Where the functions begin that it declares but does not define. Libraries whose ``addresses`` these are stay
        as long as the new one.

    Raises
    ------
    ImportError
        If llvmlite cannot be used.
    ValueError
        If LLVM does not take the text, or a function is neither defined nor among the symbols.
    """
    return load_or_build(text, lambda: text, names, symbols)


def load_or_build(
    key: str, build: Callable[[], str], names: Iterable[str], symbols: Mapping[str, int] | None = None
) -> Library:
    """Return what ``load`` does of the text that ``build`` gives; it is called only if the key is not on disk.

    Parameters
    ----------
    key : str
        All that the text depends on but the host and the versions of LLVM and llvmlite, which are added.
    build, names, symbols
        As for ``load``; the names, and those of the symbols, are part of the key.

    Raises
    ------
    ImportError, ValueError
        As ``load``.
    """
    wanted, given = tuple(names), dict(sorted((symbols or {}).items()))
    places = tuple((name, int(address)) for name, address in given.items())
    llvm = binding()
    digest = _digest(llvm, key, wanted, tuple(given))
    with _lock:
        library = _loaded.get((digest, places))
        if library is None:
            contents = _object(llvm, digest, build, wanted, given)
            library = Library(_engine(llvm, contents, given), wanted, given)
            _loaded[digest, places] = library
        return library


def digest_of_sources(beside: str, names: Iterable[str]) -> str:
    """Return a digest of Python modules' texts beside a file, as part of the key of what they make."""
    folder = Path(beside).parent
    texts = [(folder / f"{name}.py").read_bytes() for name in names]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def statistics() -> Statistics:
    """Return what was compiled and what was found on disk, since this process began.

    >>> statistics().compiled >= 0
    True
    """
    folder = disk.folder()
    return Statistics(_compiled, _hits, _seconds, None if folder is None else str(folder), disk.total_bytes())


def counted() -> tuple[int, int]:
    """Return how many programs were compiled, and how many were found on disk, since this process began."""
    return _compiled, _hits


def _digest(llvm: Any, key: str, names: tuple[str, ...], symbols: tuple[str, ...]) -> str:
    import llvmlite

    machine = host()
    version = ".".join(str(part) for part in llvm.llvm_version_info)
    parts = [_own_digest(), llvmlite.__version__, version, machine.triple, machine.cpu, machine.features]
    return hashlib.sha256(repr((parts, names, symbols, key)).encode()).hexdigest()


@cache
def _own_digest() -> str:
    """Return a digest of how programs are compiled, which is written here."""
    return digest_of_sources(__file__, ["target", "host"])


def _object(llvm: Any, digest: str, build: Callable[[], str], names: tuple[str, ...], symbols: Iterable[str]) -> bytes:
    """Return an object file from disk, or compiled and written there."""
    global _compiled, _hits, _seconds
    contents = disk.read(digest)
    if contents is not None:
        _hits += 1
        return contents
    start = time.perf_counter()
    contents = _compile(llvm, build(), names, frozenset(symbols))
    _seconds += time.perf_counter() - start
    _compiled += 1
    disk.write(digest, contents)
    return contents


def _compile(llvm: Any, text: str, names: tuple[str, ...], symbols: frozenset[str]) -> bytes:
    try:
        module = llvm.parse_assembly(text + ROOM_FOR_ADDRESSES)
        module.verify()
    except RuntimeError as error:
        raise ValueError(f"LLVM does not take this program, which is a mistake of whoever wrote it: {error}") from error
    _check_names(module, names, symbols)
    machine = target_machine()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    # Vectors are written as such; to look for more costs time and finds loops of a few turns.
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def _check_names(module: Any, names: tuple[str, ...], symbols: frozenset[str]) -> None:
    """Refuse what LLVM would end the process for when it is loaded."""
    functions = {function.name: function.is_declaration for function in module.functions}
    for name in names:
        if functions.get(name, True):
            raise ValueError(f"the program does not define the function {name!r} that is wanted of it")
    for name, declared in functions.items():
        if declared and not name.startswith("llvm.") and name not in symbols | FROM_THE_SYSTEM:
            raise ValueError(f"the program calls {name!r}, of which neither it nor the symbols say where it is")


def _engine(llvm: Any, contents: bytes, symbols: Mapping[str, int]) -> Any:
    """Return an engine with an object file in it; its functions can be called."""
    declared = "\n".join(f'declare void @"{name}"()' for name in symbols)
    module = llvm.parse_assembly(declared)
    # llvmlite's memory manager puts code and constants side by side; LLVM's own may put them too far apart.
    engine = llvm.create_mcjit_compiler(module, target_machine(), use_lmm=True)
    for name, address in symbols.items():
        engine.add_global_mapping(module.get_function(name), address)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(contents))
    engine.finalize_object()
    return engine


if hasattr(os, "register_at_fork"):  # a child of a thread that compiles would wait for a lock that no one holds

    def _fresh_lock() -> None:
        global _lock
        _lock = threading.RLock()

    os.register_at_fork(after_in_child=_fresh_lock)
