"""Real `densing` processes to be killed, and what a killed one may leave behind."""

import csv
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from densing.results.run import open_run

PART = re.compile(r"\.[^/]+\.part")
"""A file that is being written, or was when its writer was killed."""
POLITE = {signal.SIGINT: 130, signal.SIGTERM: 143}


STAND_IN = """
import sys, time
sys.path[:0] = {paths!r}
import densing.inference.fit as fitting
from report.synthetic import make_run
from densing.cli import main
def fit(*arguments, **named):
    print("fitting", file=sys.stderr, flush=True)
    time.sleep({seconds})
    return make_run()
fitting.fit = fit
if {slow_page}:
    import densing.report.page as writing
    def make(run, folder, **named):
        for name in ("tables/densities.csv", "index.html"):
            (folder / name).parent.mkdir(exist_ok=True)
            with (folder / name).open("w") as file:
                for _ in range(100):
                    time.sleep(0.01)
                    print("a line", file=file, flush=True)
    writing._make = make
sys.argv[1:] = {arguments!r}
main()
"""
"""A command whose fit takes as long as it is told to, and whose page may be a slow one."""


HEARD = """
import os, signal, sys
for signum in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(signum, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Hears the signals that whoever runs the tests may ignore: under nohup, in the background."""


class Process:
    """A command on its way: what it says, line by line, as it comes."""

    def __init__(self, *arguments, script=None):
        start = ["-m", "densing", *map(str, arguments)] if script is None else ["-c", script]
        self.told = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEARD, "-W", "ignore", *start],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    @classmethod
    def stand_in(cls, *arguments, seconds=0.0, slow_page=False):
        """Start a command with its fit replaced, and return once it is at it."""
        paths, arguments = [p for p in sys.path if p], [str(a) for a in arguments]
        process = cls(
            script=STAND_IN.format(
                paths=paths, seconds=seconds, slow_page=slow_page, arguments=arguments
            )
        )
        process.wait_for(lambda p: p.told)
        assert process.told[0] == "fitting", process.told
        return process

    def _read(self):
        with self.process.stderr as lines:
            for line in lines:
                self.told.append(line.rstrip("\n"))

    def wait_for(self, seen, seconds=300.0):
        """Wait until `seen(self)`, or until the process has ended."""
        deadline = time.monotonic() + seconds
        while not seen(self) and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)

    def kill(self, signum):
        """Send it: from the keyboard to the whole group, as a terminal does; else to it alone."""
        if self.process.poll() is None:
            send = os.killpg if signum == signal.SIGINT else os.kill
            send(self.process.pid, signum)
        return self.end()

    def end(self):
        """Exit status, once it and all it started have ended, and all it said has been read."""
        status = self.process.wait(timeout=300)
        self.reader.join(timeout=60)
        deadline = time.monotonic() + 20
        while (left := alive(self.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"{left} went on without their master"
        return status


def alive(group):
    """Processes of a group that run; zombies are nobody's."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def check_files(folder):
    """Every file under its final name is whole; returns what else there is."""
    parts = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if any(PART.fullmatch(p) or p.startswith(".part-") for p in path.relative_to(folder).parts):
            parts.append(path)
        else:
            assert whole(path), f"half a file: {path}"
    return parts


def whole(path):
    """Whether a file ends where its format does."""
    content = path.read_bytes()
    match path.suffix:
        case ".nc":
            return bool(open_run(path).children)
        case ".json":
            return json.loads(content) is not None
        case ".pickle":
            return pickle.loads(content) is not None
        case ".csv":
            rows = list(csv.reader(content.decode().splitlines()))
            return content.endswith(b"\n") and len({len(row) for row in rows}) == 1
        case ".png":
            return content.endswith(b"IEND\xaeB`\x82")
        case ".svg":
            return content.rstrip().endswith(b"</svg>")
        case ".html":
            return content.rstrip().endswith(b"</html>")
    raise AssertionError(f"an unknown file: {path}")


def age(parts):
    """Make what a killed writer has left as old as what is swept away."""
    for path in parts:
        for place in (path, *path.parents):
            if PART.fullmatch(place.name) or place.name.startswith(".part-"):
                os.utime(place, (0, 0))
