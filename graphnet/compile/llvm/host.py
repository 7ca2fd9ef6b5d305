"""The processor that code is made for, and LLVM, which makes it.

llvmlite is imported when it is first asked for, and never by ``import graphnet``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

OLDEST = (0, 44)  # the first llvmlite whose pointers are opaque in LLVM
INSTALL = 'pip install "graphnet-nn[fast]"'


@dataclass(frozen=True)
class Host:
    """The processor that code is made for: LLVM's names, the bytes of one vector, how many vectors it holds."""

    triple: str
    cpu: str
    features: str
    lane_bytes: int
    registers: int


def why_unavailable() -> str | None:
    """Return a sentence that says why nothing can be compiled here, or None if it can."""
    return _imported()[1]


def available() -> bool:
    """Say whether native code can be made: llvmlite is installed, and memory may be executed.

    >>> available() == (why_unavailable() is None)
    True
    """
    return why_unavailable() is None


@cache
def _imported() -> tuple[Any, str | None]:
    """Return ``llvmlite.binding``, ready to use, and why not."""
    try:
        import llvmlite
        import llvmlite.binding as llvm
    except (ImportError, OSError) as error:  # OSError: its shared library is not there or broken
        return None, f"machine code needs the package llvmlite ({error}); install it with: {INSTALL}"
    version = tuple(int(part) for part in llvmlite.__version__.split(".")[:2])
    if version < OLDEST:
        return None, f"llvmlite {llvmlite.__version__} is too old; install a newer one with: {INSTALL}"
    try:
        llvm.check_jit_execution()
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    except (OSError, RuntimeError) as error:
        return None, f"this system does not let LLVM make code and run it ({error})"
    return llvm, None


def binding() -> Any:
    """Return ``llvmlite.binding``, ready to use.

    Raises
    ------
    ImportError
        If llvmlite cannot be used.
    """
    llvm, reason = _imported()
    if reason is not None:
        raise ImportError(reason)
    return llvm


@cache
def host() -> Host:
    """Return what is known of the processor.

    Raises
    ------
    ImportError
        If llvmlite cannot be used.
    """
    llvm = binding()
    triple = llvm.get_process_triple()
    try:
        known = llvm.get_host_cpu_features()
        features = known.flatten()
    except RuntimeError:  # LLVM cannot read them on every system; the name of the processor implies the most
        known, features = {}, ""
    arm = triple.startswith(("aarch64", "arm64"))
    # Not AVX alone: without AVX2 and fused multiply-adds, wide vectors gain little.
    wide = 64 if known.get("avx512f") else 32 if known.get("avx2") and known.get("fma") else 16
    return Host(triple, llvm.get_host_cpu_name(), features, wide, 32 if arm or wide == 64 else 16)


def lane_bytes() -> int:
    """Return the bytes of one vector register: 64 (AVX-512), 32 (AVX2) or 16 (SSE, NEON).

    Raises
    ------
    ImportError
        If llvmlite cannot be used.
    """
    return host().lane_bytes


def target_machine() -> Any:
    """Return what makes code for the host: relative to itself, so that constants need no addresses in registers."""
    llvm, machine = binding(), host()
    # On Windows, too, LLVM loads only objects in Linux's format.
    triple = f"{machine.triple}-elf" if os.name == "nt" else machine.triple
    target = llvm.Target.from_triple(triple)
    return target.create_target_machine(machine.cpu, machine.features, opt=3, reloc="pic", codemodel="small")
