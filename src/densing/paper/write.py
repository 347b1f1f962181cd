"""The reproduction in a folder: page, table, JSON and figures, each file whole or not there."""

import csv
import tempfile
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from densing.paper.claim import RULE
from densing.paper.figures import PICTURES
from densing.paper.reproduce import ABSENT, Reproduction
from densing.paper.wording import COLUMNS, ends_of, number, row, tally
from densing.report.style import save
from densing.report.write import data_uri
from densing.results.plain_json import to_json


def write_reproduction(result: Reproduction, out: str | Path, *, command: str) -> Path:
    """Write reproduce.html, reproduce.csv, reproduce.json and figures/*.png, *.svg.

    Everything is made in a temporary folder first and moved file by file, the page last. Other
    files in `out` stay.

    Returns
    -------
    Path
        The page.
    """
    out = Path(out)
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix=".reproduce-") as folder:
            _make(result, Path(folder), command=command)
            (out / "figures").mkdir(exist_ok=True)
            for file in sorted((Path(folder) / "figures").iterdir()):
                file.replace(out / "figures" / file.name)
            for name in ("reproduce.csv", "reproduce.json", "reproduce.html"):
                (Path(folder) / name).replace(out / name)
    except BaseException:
        if made and not any(out.iterdir()):
            out.rmdir()
        raise
    return out / "reproduce.html"


def _make(result: Reproduction, folder: Path, *, command: str) -> None:
    (folder / "figures").mkdir()
    images = {
        picture.name: data_uri(*save(picture.draw(result), folder / "figures" / picture.name))
        for picture in PICTURES
    }
    with (folder / "reproduce.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(row(claim) for claim in result.claims)
    (folder / "reproduce.json").write_text(to_json(result.as_dict()) + "\n", encoding="utf-8")
    page = render(result, images, command=command)
    (folder / "reproduce.html").write_text(page, encoding="utf-8")


def render(result: Reproduction, images: dict[str, str], *, command: str) -> str:
    """Return the page's HTML; `images` are data addresses of `figures.PICTURES` by name."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "ends": ends_of}
    template = resources.files("densing.paper").joinpath("page.html.j2").read_text("utf-8")
    style = resources.files("densing.report").joinpath("page.css").read_text("utf-8")
    sections: dict[str, list] = {}
    for claim in result.claims:
        sections.setdefault(claim.section, []).append(claim)
    answer = result.as_dict()
    return environment.from_string(template).render(
        style=Markup(style), sections=sections, tally=tally(result.claims), rule=RULE,
        trustworthy=result.trustworthy, contradictions=result.contradictions, absent=ABSENT,
        scores=answer["public_scores"], sources=answer["source"], joint=result.joint,
        figures=[(p, p.alt(result), images[p.name]) for p in PICTURES], command=command,
    )  # fmt: skip
