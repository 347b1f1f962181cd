"""The reproduction in a folder: page, table, JSON and figures, each file whole or not there."""

from pathlib import Path

from densing.paper.claim import RULE
from densing.paper.figures import PICTURES
from densing.paper.reproduce import ABSENT, Reproduction
from densing.paper.wording import COLUMNS, ends_of, number, row, tally
from densing.report.folder import write_csv, write_json, written_whole
from densing.report.style import save
from densing.report.template import asset, fill
from densing.report.write import data_uri
from densing.results.compression import CURE


def write_reproduction(result: Reproduction, out: str | Path, *, command: str) -> Path:
    """Write reproduce.html, reproduce.csv, reproduce.json and figures/*.png, *.svg.

    Each file is whole or not there (`report.folder.written_whole`). Other files in `out` stay.

    Returns
    -------
    Path
        The page.
    """
    out = Path(out)
    with written_whole(out, last="reproduce.html") as folder:
        _make(result, folder, command=command)
    return out / "reproduce.html"


def _make(result: Reproduction, folder: Path, *, command: str) -> None:
    (folder / "figures").mkdir()
    images = {
        picture.name: data_uri(*save(picture.draw(result), folder / "figures" / picture.name))
        for picture in PICTURES
    }
    write_csv(folder / "reproduce.csv", COLUMNS, [row(claim) for claim in result.claims])
    write_json(folder / "reproduce.json", result.as_dict())
    page = render(result, images, command=command)
    (folder / "reproduce.html").write_text(page, encoding="utf-8")


def render(result: Reproduction, images: dict[str, str], *, command: str) -> str:
    """Return the page's HTML; `images` are data addresses of `figures.PICTURES` by name."""
    sections: dict[str, list] = {}
    for claim in result.claims:
        sections.setdefault(claim.section, []).append(claim)
    answer = result.as_dict()
    context = {
        "style": asset("page.css"), "sections": sections, "tally": tally(result.claims),
        "rule": RULE, "trustworthy": result.trustworthy, "contradictions": result.contradictions,
        "absent": ABSENT, "scores": answer["public_scores"], "sources": answer["source"],
        "joint": result.joint, "derived": result.runs.derived is not None, "cure": CURE,
        "command": command,
        "figures": [(p, p.alt(result), images[p.name]) for p in PICTURES],
    }  # fmt: skip
    filters = {"number": number, "ends": ends_of}
    return fill("densing.paper", "page.html.j2", context=context, filters=filters)
