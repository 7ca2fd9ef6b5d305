"""Threads: how many there are to be, and a team of them that does one thing in several parts."""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_asked: int | None = None  # what set_num_threads was given
_blas_then: int | None = None  # what NumPy's BLAS had right after


def set_num_threads(n: int) -> None:
    """Say how many threads compiled nets may split a batch over, and NumPy's matrix products may use.

    The latter needs the package threadpoolctl (``pip install threadpoolctl``); without it, set ``OMP_NUM_THREADS``
    before Python starts.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is not a whole number of at least 1.

    Examples
    --------
    >>> import graphnet.threads
    >>> before = graphnet.threads.get_num_threads()
    >>> graphnet.threads.set_num_threads(1)
    >>> graphnet.threads.get_num_threads()
    1
    >>> graphnet.threads.set_num_threads(before)
    """
    global _asked, _blas_then
    if isinstance(n, bool | np.bool_) or not isinstance(n, int | np.integer):
        raise TypeError(f"the number of threads is a whole number, not {n!r}")
    if n < 1:
        raise ValueError(f"there is at least 1 thread, not {n}")
    blas = _blas()
    if blas is not None:
        blas.set_num_threads(int(n))
    _asked, _blas_then = int(n), _blas_threads()


def get_num_threads() -> int:
    """Return how many threads compiled nets may split a batch over; a plan may use fewer, if the batch is small.

    It is what was last said: by ``set_num_threads``, or, where threadpoolctl is installed, to NumPy's BLAS (for
    example ``with threadpoolctl.threadpool_limits(1):``). If nothing was, it is what NumPy's BLAS has by itself, which
    follows ``OMP_NUM_THREADS`` and its kin; without threadpoolctl, the first that is set of ``OMP_NUM_THREADS``,
    ``OPENBLAS_NUM_THREADS`` and ``MKL_NUM_THREADS``; else the number of processors that this process may run on, which
    is the most there is unless more are asked for.

    Examples
    --------
    >>> import graphnet.threads
    >>> graphnet.threads.get_num_threads() >= 1
    True
    """
    blas = _blas_threads()
    if _asked is not None and blas == _blas_then:
        return _asked
    return min(blas or _from_environment() or _processors(), _processors())


def _from_environment() -> int | None:
    for name in _VARIABLES:
        first = os.environ.get(name, "").split(",")[0].strip()  # OpenMP takes a number for each level of nesting
        if first.isdecimal() and int(first) > 0:
            return int(first)
    return None


def _processors() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _blas_threads() -> int | None:
    """Return how many threads NumPy's BLAS uses now, if that can be known."""
    blas = _blas()
    return None if blas is None else blas.get_num_threads()


@cache
def _blas() -> Any:
    """Return threadpoolctl's handle on NumPy's BLAS, or None if there is none."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    of_numpy = os.path.dirname(os.path.dirname(np.__file__))
    # NumPy's own, since others, as SciPy's or PyTorch's, may be loaded beside it.
    near = [blas for blas in found if blas.filepath.startswith(of_numpy + os.sep + "numpy")]
    return next(iter(near or found), None)


class _Job:
    """Parts of one thing: those that no one has taken, and how many the team's threads are at.

    What the caller does itself is not counted: an interruption, which only the caller can get, leaves nothing to wait
    for but what the others are at.
    """

    def __init__(self, function: Callable[[int], object], parts: int):
        self.function = function
        self.errors: list[BaseException] = []
        self._contexts = [contextvars.copy_context() for _ in range(parts)]  # a context is for one thread at a time
        self._pending = list(reversed(range(1, parts)))
        self._running = 0
        self._lock, self._idle = threading.Lock(), threading.Lock()
        self._idle.acquire()

    def help(self) -> None:
        """Do parts as long as there are any."""
        while True:
            with self._lock:
                if not self._pending:
                    return
                part = self._pending.pop()
                self._running += 1
            try:
                self._contexts[part].run(self.function, part)
            except BaseException as error:  # noqa: BLE001 - raised again by the caller
                self.errors.append(error)
            with self._lock:
                self._running -= 1
                if not self._running and self._idle.locked():
                    self._idle.release()

    def do(self) -> None:
        """Do the first part, and those that no one has begun meanwhile; return when all have ended."""
        try:
            self.function(0)
            while self._pending:
                with self._lock:
                    part = self._pending.pop() if self._pending else 0
                if part:
                    self.function(part)
        finally:
            self._wait()

    def _wait(self) -> None:
        """Let no part begin, and wait for those that have, however often the user interrupts."""
        interruption: BaseException | None = None
        while True:
            try:
                with self._lock:
                    self._pending.clear()
                    running = self._running
                if not running:
                    break
                self._idle.acquire()
            except BaseException as error:  # noqa: BLE001 - the parts still use what the caller gave
                interruption = error
        if interruption is not None:
            raise interruption


class Team:
    """Threads that stay, for work that is done again and again in parts of less than a millisecond.

    Its threads start when they are first needed, sleep while there is nothing to do, and end with the process. A
    process that is forked from this one starts its own.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.threads import Team
    >>> x, y = np.arange(6.0), np.empty(6)
    >>> Team().run(lambda part: np.exp(x[3 * part : 3 * part + 3], out=y[3 * part : 3 * part + 3]), parts=2)
    >>> bool((y == np.exp(x)).all())
    True
    """

    def __init__(self) -> None:
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._bells: list[threading.Lock] = []  # one for each thread, which sleeps until it is released
        self._job: _Job | None = None
        self._busy = threading.Lock()

    def run(self, function: Callable[[int], object], parts: int) -> None:
        """Call ``function(0)``, ..., ``function(parts - 1)``: the first here, the others in threads of the team.

        It returns when all have ended, also if one fails or the user interrupts. What no thread has begun when the
        first part has ended is done here, too. Each part sees the context variables of the caller, such as
        ``numpy.errstate``. While another thread, or a part itself, uses the team, all is done here, in order.

        Raises
        ------
        BaseException
            What a part raised. Parts that have not begun by then may be left out.
        """
        if parts <= 1 or not self._busy.acquire(blocking=False):
            for part in range(parts):
                function(part)
            return
        try:
            job = self._job = _Job(function, parts)
            while len(self._bells) < parts - 1:
                self._start_thread()
            for bell in self._bells[: parts - 1]:
                if bell.locked():
                    bell.release()
            job.do()
            if job.errors:
                raise job.errors[0]
        finally:
            self._job = None  # what it holds is not kept until the next
            self._busy.release()

    def _start_thread(self) -> None:
        bell = threading.Lock()
        bell.acquire()
        name = f"graphnet-{len(self._bells) + 1}"
        threading.Thread(target=self._live, args=(bell,), name=name, daemon=True).start()
        self._bells.append(bell)

    def _live(self, bell: threading.Lock) -> None:
        while True:
            bell.acquire()
            job = self._job
            if job is not None:
                job.help()
            del job


team = Team()  # of this process
