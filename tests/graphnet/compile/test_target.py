"""Native code is made once, kept where no one else can write, and never run when it is not what was kept."""

import ctypes
import os
import subprocess
import sys
import threading
import warnings

import pytest

pytest.importorskip("llvmlite")

from graphnet.compile.llvm import disk, host, target

NO_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of the user's profile")
PLUS = """
define i64 @plus_{n}(i64 %x) {{
  %y = add i64 %x, {n}
  ret i64 %y
}}
"""
TWICE = """
declare i64 @plus_1(i64)
define i64 @twice(i64 %x) {
  %y = call i64 @plus_1(i64 %x)
  %z = call i64 @plus_1(i64 %y)
  ret i64 %z
}
"""
NUMBER = [ctypes.c_int64]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHNET_CACHE", str(tmp_path / "objects"))
    monkeypatch.setattr(disk, "_warned", set())
    return tmp_path / "objects"


def plus(n=1):
    return target.load(PLUS.format(n=n), [f"plus_{n}"])


def call(library, name, x):
    return library.function(name, NUMBER, ctypes.c_int64)(x)


def made_and_found(make):
    """Return how much was compiled, and how much found on disk, while ``make`` ran."""
    before = target.statistics()
    library = make()
    after = target.statistics()
    return after.compiled - before.compiled, after.hits - before.hits, library


def test_a_program_is_compiled_once_and_found_on_disk_afterwards(folder):
    compiled, hits, library = made_and_found(plus)
    assert (compiled, hits, call(library, "plus_1", 41)) == (1, 0, 42)
    assert made_and_found(plus)[2] is library  # nothing at all is done while it is there
    del library
    compiled, hits, library = made_and_found(plus)
    assert (compiled, hits, call(library, "plus_1", 41)) == (0, 1, 42)
    assert target.statistics().folder == str(folder)
    assert target.statistics().bytes == sum(file.stat().st_size for file in folder.iterdir()) > 0


def test_a_new_process_finds_what_an_old_one_compiled(folder):
    script = (
        "import sys, graphnet; assert 'llvmlite' not in sys.modules;"
        "from graphnet.compile.llvm import target;"
        f"library = target.load({PLUS.format(n=7)!r}, ['plus_7']);"
        "import ctypes; print(library.function('plus_7', [ctypes.c_int64], ctypes.c_int64)(1));"
        "print(target.statistics().compiled)"
    )
    for compiled in (1, 0):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["8", str(compiled)]


def test_what_is_built_is_built_only_if_its_key_is_new(folder):
    built = []

    def build():
        built.append(1)
        return PLUS.format(n=3)

    for _ in range(2):
        assert call(target.load_or_build("three more", build, ["plus_3"]), "plus_3", 1) == 4
    assert len(built) == 1


def test_a_program_calls_functions_of_another_that_it_keeps():
    library = target.load(TWICE, ["twice"], plus().addresses())
    assert call(library, "twice", 40) == 42
    again = target.load(TWICE, ["twice"], plus().addresses())  # perhaps from disk, with the function elsewhere
    assert call(again, "twice", 40) == 42


def test_slips_of_who_writes_a_program_are_told_rather_than_end_the_process():
    with pytest.raises(ValueError, match="LLVM does not take this program"):
        target.load("define i64 @f(i64 %x) { ret i64 %y }", ["f"])
    with pytest.raises(ValueError, match="does not define the function 'minus' that is wanted"):
        target.load(PLUS.format(n=1), ["minus"])
    with pytest.raises(ValueError, match="calls 'plus_1', of which neither it nor the symbols say where it is"):
        target.load(TWICE, ["twice"])
    with pytest.raises(KeyError, match="no function 'minus' in this library; there are: plus_1"):
        plus().address("minus")


def test_threads_that_ask_at_once_compile_once():
    libraries = []
    threads = [threading.Thread(target=lambda: libraries.append(plus(5))) for _ in range(6)]

    def run():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    compiled, hits, _ = made_and_found(run)
    assert (compiled, hits) == (1, 0)
    assert len(set(libraries)) == 1


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:100] + b"?" + data[101:], lambda _: b""])
def test_a_damaged_file_is_not_run_but_made_anew(folder, damage):
    plus()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    compiled, hits, library = made_and_found(plus)
    assert (compiled, hits, call(library, "plus_1", 1)) == (1, 0, 2)
    assert file.read_bytes()[:100] == whole[:100]
    assert made_and_found(lambda: plus)[0] == 0


def test_a_file_of_another_program_is_not_run_under_this_ones_name(folder):
    plus(1)
    (first,) = folder.iterdir()
    plus(2)
    (second,) = set(folder.iterdir()) - {first}
    second.replace(first)
    compiled, hits, library = made_and_found(plus)
    assert (compiled, hits, call(library, "plus_1", 1)) == (1, 0, 2)


@NO_WINDOWS
def test_only_the_owner_may_read_and_write_what_is_kept(folder):
    before = os.umask(0)
    try:
        plus()
    finally:
        os.umask(before)
    (file,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


@NO_WINDOWS
@pytest.mark.parametrize("where", ["folder", "above", "file"])
def test_what_others_can_write_to_is_not_run_and_that_is_said_once(folder, where):
    plus()
    (file,) = folder.iterdir()
    place = {"folder": folder, "above": folder.parent, "file": file}[where]
    place.chmod(0o777 if place.is_dir() else 0o666)
    with pytest.warns(RuntimeWarning, match=r"neither kept in nor run from .* since it can be written to by other"):
        compiled, hits, library = made_and_found(plus)
    assert (compiled, hits, call(library, "plus_1", 1)) == (1, 0, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del library
        made_and_found(plus)


@NO_WINDOWS
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("where", ["folder", "file"])
def test_what_belongs_to_another_user_is_not_run(folder, where):
    plus()
    (file,) = folder.iterdir()
    os.chown(folder if where == "folder" else file, 12345, 12345)
    with pytest.warns(RuntimeWarning, match="since it belongs to another user"):
        assert made_and_found(plus)[:2] == (1, 0)


@NO_WINDOWS
def test_a_link_is_not_followed(folder, tmp_path):
    plus()
    (file,) = folder.iterdir()
    elsewhere = file.rename(tmp_path / "elsewhere")
    file.symlink_to(elsewhere)
    assert made_and_found(plus)[:2] == (1, 0)
    assert not file.is_symlink()


@pytest.mark.parametrize("chosen", ["0", "off", "OFF"])
def test_nothing_is_kept_if_the_user_says_so(monkeypatch, chosen):
    monkeypatch.setenv("GRAPHNET_CACHE", chosen)
    for _ in range(2):
        assert made_and_found(plus)[:2] == (1, 0)
    assert target.statistics().folder is None
    assert target.statistics().bytes == 0


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRAPHNET_CACHE", str(tmp_path / "file" / "objects"))
    for _ in range(2):
        assert made_and_found(plus)[:2] == (1, 0)


@NO_WINDOWS
def test_the_folder_is_the_systems_for_this_user_unless_one_is_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("GRAPHNET_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert disk.folder() == tmp_path.resolve() / "graphnet"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")  # is to be ignored
    monkeypatch.setenv("HOME", str(tmp_path))
    assert disk.folder() == tmp_path.resolve() / ".cache" / "graphnet"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert disk.folder() == tmp_path.resolve() / "Library" / "Caches" / "graphnet"


def test_files_longest_unused_are_deleted_when_there_are_too_many(folder, monkeypatch):
    names = []
    for n in (1, 2, 3):
        plus(n)
        (name,) = {file.name for file in folder.iterdir()} - set(names)
        names.append(name)
        os.utime(folder / name, (n, n))
    plus(1)  # used now
    monkeypatch.setattr(disk, "LIMIT", sum((folder / name).stat().st_size for name in names))
    plus(4)
    left = {file.name for file in folder.iterdir()}
    assert names[1] not in left
    assert {names[0], names[2]} < left


def test_without_llvmlite_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    host._imported.cache_clear()
    try:
        assert not target.available()
        with pytest.raises(ImportError, match=r"needs the package llvmlite .* pip install \"graphnet-nn\[fast\]\""):
            plus()
    finally:
        host._imported.cache_clear()
