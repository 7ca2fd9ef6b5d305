"""One number of threads for compiled nets and NumPy's products, and a team that does things in parts."""

import os
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from graphnet import threads
from graphnet.threads import Team, get_num_threads, set_num_threads

threadpoolctl = pytest.importorskip("threadpoolctl")


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    monkeypatch.setattr(threads, "_asked", None)
    monkeypatch.setattr(threads, "_blas_then", None)
    with threadpoolctl.threadpool_limits():  # puts back at the end what is set meanwhile
        yield


@pytest.fixture
def without_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr(threads, "_processors", lambda: 4)
    for name in threads._VARIABLES:
        monkeypatch.delenv(name, raising=False)
    threads._blas.cache_clear()
    yield
    threads._blas.cache_clear()


def blas_threads():
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").info()
    of_numpy = [blas for blas in found if "numpy" in blas["filepath"]]  # others may have loaded theirs
    return (of_numpy or found)[0]["num_threads"]


def test_the_number_that_is_set_holds_for_numpys_products_too():
    for n in (1, 2):
        set_num_threads(n)
        assert get_num_threads() == n
        assert blas_threads() == n
    set_num_threads(np.int64(5))  # more than there are processors, perhaps: whoever asks shall have them
    assert get_num_threads() == 5


def test_the_number_follows_threadpoolctl_within_its_context():
    set_num_threads(2)
    with threadpoolctl.threadpool_limits(1):
        assert get_num_threads() == 1
    assert get_num_threads() == 2


def test_without_threadpoolctl_the_environment_and_then_the_processors_say_how_many(without_threadpoolctl, monkeypatch):
    assert get_num_threads() == 4
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert get_num_threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "2,1")
    assert get_num_threads() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    assert get_num_threads() == 4
    set_num_threads(6)
    assert get_num_threads() == 6


def test_nonsense_is_refused():
    for wrong in (0, -1):
        with pytest.raises(ValueError, match=f"there is at least 1 thread, not {wrong}"):
            set_num_threads(wrong)
    for wrong in (1.5, True, "2", None):
        with pytest.raises(TypeError, match="the number of threads is a whole number, not"):
            set_num_threads(wrong)


def test_a_team_does_every_part_once_and_at_the_same_time():
    team, together = Team(), threading.Barrier(3, timeout=10)
    done = []

    def part(i):
        together.wait()  # passes only if all three are at it
        done.append((i, threading.current_thread() is threading.main_thread()))

    for _ in range(3):
        done.clear()
        team.run(part, 3)
        assert sorted(done) == [(0, True), (1, False), (2, False)]
    names = {thread.name for thread in threading.enumerate()}
    assert {"graphnet-1", "graphnet-2"} <= names


@pytest.mark.parametrize("parts", [0, 1])
def test_few_parts_need_no_thread(parts):
    before, done = threading.active_count(), []
    Team().run(done.append, parts)
    assert done == list(range(parts))
    assert threading.active_count() == before


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_in_any_part_is_raised_when_all_have_ended(failing):
    team, together, ended = Team(), threading.Barrier(2, timeout=10), []

    def part(i):
        together.wait()
        if i == failing:
            raise ZeroDivisionError(f"part {i}")
        time.sleep(0.02)
        ended.append(i)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match=f"part {failing}"):
            team.run(part, 2)
    assert ended == [1 - failing] * 2
    team.run(ended.append, 2)  # goes on as before
    assert sorted(ended[2:]) == [0, 1]


def test_an_interruption_waits_for_the_parts_that_have_begun():
    team, together, ended = Team(), threading.Barrier(2, timeout=10), []

    def part(i):
        together.wait()
        if i == 0:
            raise KeyboardInterrupt
        time.sleep(0.02)
        ended.append(i)

    with pytest.raises(KeyboardInterrupt):
        team.run(part, 2)
    assert ended == [1]


def test_parts_see_the_callers_error_state():
    team, together = Team(), threading.Barrier(2, timeout=10)

    def part(i):
        together.wait()
        assert np.log(np.zeros(1)) == -np.inf

    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("error")
        team.run(part, 2)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        team.run(part, 2)


def test_a_part_may_use_the_team_and_several_threads_may_use_it_at_once():
    team, done = Team(), []

    def outer(i):
        team.run(lambda j: done.append((i, j)), 2)

    team.run(outer, 3)
    assert sorted(done) == [(i, j) for i in range(3) for j in range(2)]
    done.clear()
    users = [threading.Thread(target=lambda i=i: [outer(i) for _ in range(200)]) for i in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join(10)
    assert not any(user.is_alive() for user in users)
    assert len(done) == 4 * 200 * 2


def test_nothing_is_lost_however_often_a_team_runs():
    team, counts = Team(), np.zeros(5, int)

    def part(i):
        counts[i] += 1

    for _ in range(3000):
        team.run(part, 5)
    assert counts.tolist() == [3000] * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_has_a_team_of_its_own():
    script = """
import os, threading, warnings
from graphnet.threads import team
def run():
    together, done = threading.Barrier(2, timeout=10), []
    team.run(lambda i: (together.wait(), done.append(i)), 2)
    return sorted(done) == [0, 1]
assert run()
warnings.simplefilter("ignore")  # Python warns of every fork beside threads
child = os.fork()
if not child:
    os._exit(0 if run() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert run()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
