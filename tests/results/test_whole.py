"""Files are there whole or not at all: killed writers, full disks, two writers at once."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from densing import files
from densing.files import read_json, sweep, write_whole

unix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of Unix")

WRITER = """
import os, sys
from pathlib import Path
from densing.files import write_whole
path, letter = Path(sys.argv[1]), sys.argv[2].encode()
print("ready", flush=True)
for _ in range(int(sys.argv[3])):
    write_whole(path, letter * 1_000_000)
"""


def writer(path, letter, times=10**9):
    script = [sys.executable, "-c", WRITER, str(path), letter, str(times)]
    process = subprocess.Popen(script, stdout=subprocess.PIPE)
    with process.stdout as ready:
        ready.readline()
    return process


@unix
def test_a_killed_writer_leaves_the_file_whole(tmp_path):
    """Killed at different moments of a write, which takes milliseconds, with no time to tidy."""
    path = tmp_path / "file"
    write_whole(path, b"0" * 1_000_000)
    for i in range(8):
        process = writer(path, str(i))
        time.sleep(0.011 * (i + 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        content = path.read_bytes()
        assert len(content) == 1_000_000
        assert len(set(content)) == 1
    for left in tmp_path.glob(".file.*.part"):
        os.utime(left, (0, 0))
    write_whole(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"new"


@unix
def test_two_writers_of_one_file_at_once(tmp_path):
    path = tmp_path / "file"
    processes = [writer(path, letter, 40) for letter in "ab"]
    seen = set()
    while any(process.poll() is None for process in processes):
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 1_000_000
            seen.add(content[:1] + content[-1:])
    assert all(process.returncode == 0 for process in processes)
    assert seen <= {b"aa", b"bb"}
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_parts_of_a_living_writer_are_left_alone(tmp_path):
    young, old, other = (tmp_path / f".{name}.part" for name in ("run.nc.1", "run.nc.2", "x.1"))
    for path in (young, old, other):
        path.write_text("half")
        os.utime(path, (0, 0))
    young.touch()
    sweep(tmp_path, ".run.nc.*.part")
    assert young.exists()
    assert other.exists()
    assert not old.exists()


FULL = """
import resource, sys, pathlib
from densing.results.run import open_run, save_run
import numpy as np, xarray as xr
path = pathlib.Path(sys.argv[1])
run = xr.DataTree.from_dict(
    {f"/{g}": xr.Dataset({"x": (("chain", "draw"), np.random.rand(4, 500))}) for g in "abcdefgh"}
)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    save_run(run, path)
except OSError as fault:
    print(fault.strerror)
"""


@unix
def test_a_full_disk_is_one_sentence_and_the_old_file_stays(tmp_path):
    """HDF5 by itself would fail once more for each of its objects, on standard error."""
    path = tmp_path / "run.nc"
    path.write_bytes(b"the old one")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(FULL), str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout == "File too large\n"
    assert path.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


@unix
def test_a_folder_that_is_full_says_so(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_whole(tmp_path / "file", b"more than ten bytes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_what_was_finished_is_known(tmp_path):
    files.finished.clear()
    write_whole(tmp_path / "a", b"")
    assert files.finished == [tmp_path / "a"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_record_that_cannot_be_read_is_none(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_bytes(content)
    assert read_json(path) is None
