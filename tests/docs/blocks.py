"""Code blocks of a Markdown page: what is to be run, and how."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"^(?:<!-- run: (?P<how>\w+).*? -->\n)?```(?P<language>\w+)(?: title=\"(?P<title>.+?)\")?\n"
    r"(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
HOWS = (None, "slow", "no")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    code: str
    title: str | None
    how: str | None
    """None for always, `slow`, or `no`."""

    @property
    def commands(self):
        """Pairs (command, expected output) of a console block; the output may be blank."""
        parts = re.split(r"^\$ (.*)$", self.code, flags=re.MULTILINE)[1:]
        return [(parts[i], parts[i + 1].strip("\n")) for i in range(0, len(parts), 2)]


def blocks(path):
    text = path.read_text(encoding="utf-8")
    return [
        Block(path.name, text[: m.start("code")].count("\n") + 1, m["language"], m["code"],
              m["title"], m["how"])
        for m in FENCE.finditer(text)
    ]  # fmt: skip
