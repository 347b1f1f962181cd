"""Tables in the forms people have them, into the columns and rows that a table should have.

Columns by other names and in other units, one column a benchmark, percentages, and results of
lm-evaluation-harness. What is done is said; what has two readings is a fault with both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple

from densing.data.cells import SUFFIX, CellError, is_blank, number, plain
from densing.data.faults import Fault, Place
from densing.data.schemas import TABLES, columns
from densing.data.shipped import bundled


@dataclass(frozen=True)
class RawTable:
    """A table as text, or as the cells of a frame.

    Attributes
    ----------
    file
        Its name.
    header
        Names of the columns, spaces trimmed.
    rows
        Label of each row (its number as a spreadsheet counts, or its place), and its cells, as
        many as the header has.
    decimal_comma
        Whether numbers may be written 0,7: the separator is not a comma.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[Any, tuple[Any, ...]], ...]
    decimal_comma: bool = False


class Formed(NamedTuple):
    """A table with the columns it should have, what was read as what, and its faults."""

    raw: RawTable
    notes: list[str]
    faults: list[Fault]


def letters(name: str) -> str:
    """Letters and digits of a name, lower case."""
    return re.sub(r"[\W_]+", "", name.casefold())


_SIZES = (
    "modelsize", "size", "parameters", "nparams", "numparams", "nparameters", "numparameters",
    "totalparams", "totalparameters", "paramcount", "parametercount",
)  # fmt: skip
_TOKENS = (
    "trainingtokens", "traintokens", "ntokens", "numtokens", "pretrainingtokens",
    "pretraintokens", "tokenstrained", "tokens",
)  # fmt: skip
_LOSSES = (
    "finalloss", "validationloss", "valloss", "evalloss", "evaluationloss", "testloss",
    "trainloss", "trainingloss",
)  # fmt: skip
ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "catalog": {
        "model": ("modelname", "name", "llm"),
        "hub_id": ("hubid", "huggingfaceid", "hfid", "hfmodel", "fullname"),
        "organization": ("organisation", "org", "developer"),
        "release_date": ("released", "dateofrelease", "publicationdate", "launchdate"),
        "params": (*_SIZES, "n"),
        "active_params": ("activatedparams", "activeparameters", "activatedparameters", "nactive"),
        "embedding_params": ("embeddingparameters", "nembedding"),
        "training_tokens": (*_TOKENS, "d"),
        "architecture": ("arch",),
        "benchmark": ("benchmarkname", "task", "dataset", "eval"),
        "score": ("accuracy", "acc", "value", "result"),
        "items": ("nitems", "nsamples", "numsamples"),
        "shots": ("nshot", "nshots", "numfewshot", "fewshot"),
        "source": ("sources", "url", "link"),
    },
    "losses": {
        "params": (*_SIZES, "n"),
        "tokens": (*_TOKENS, "d"),
        "loss": (*_LOSSES, "l"),
        "flops": ("trainingflop", "trainingflops", "flop", "trainingcompute", "compute", "c"),
        "run": ("runname", "runid"),
    },
    "reference_runs": {
        "reference": ("referencefamily",),
        "params": (*_SIZES, "nonembeddingparams", "n"),
        "tokens": (*_TOKENS, "d"),
        "loss": _LOSSES,
        "accuracy": ("acc", "score"),
        "run": ("runname", "runid"),
    },
    "calibration_points": {"loss": _LOSSES, "score": ("accuracy", "acc")},
    "trend": {"date": ("day",), "se": ("stderr", "standarderror")},
}
"""Names people use, letters and digits alone; one letter counts only where nothing else fits."""

UNITS = {
    "k": 1e3, "thousand": 1e3, "thousands": 1e3, "m": 1e6, "million": 1e6, "millions": 1e6,
    "b": 1e9, "bn": 1e9, "billion": 1e9, "billions": 1e9, "t": 1e12, "tn": 1e12,
    "trillion": 1e12, "trillions": 1e12, "%": 0.01, "pct": 0.01, "percent": 0.01,
    "percentage": 0.01,
}  # fmt: skip
"""Units that stand in a header, after the name or in brackets."""

_WORDS = {1e3: "thousands", 1e6: "millions", 1e9: "billions", 1e12: "trillions", 0.01: "percent"}
SCORES = {"catalog": "score", "reference_runs": "accuracy", "calibration_points": "score"}
COUNTED = ("params", "active_params", "embedding_params", "training_tokens", "tokens", "flops")
_COUNTS = {*map(letters, COUNTED)} | {
    other for table in ALIASES.values() for name in COUNTED for other in table.get(name, ())
}
FLOPS_PER_PARAMETER_AND_TOKEN = 6.0
"""Training compute C = 6 N D: two operations a parameter and token forward, four backward."""

BENCHMARKS = {
    "MMLU": ("hendryckstest", "mmlu"),
    "BBH": ("bigbenchhard", "bbhcotfewshot", "bbhfewshot"),
    "MATH": ("hendrycksmath", "minervamath", "competitionmath"),
    "GSM8K": ("gsm8kcot",),
    "MMLU-Pro": ("leaderboardmmlupro",),
    "BBH-choice": ("leaderboardbbh", "bbhraw"),
    "GPQA": ("gpqamain", "gpqamainnshot", "gpqamainzeroshot", "leaderboardgpqa"),
    "ARC-C": ("arcchallenge",),
    "ARC-E": ("arceasy",),
    "OBQA": ("openbookqa",),
    "CSQA": ("commonsenseqa",),
    "SocialIQA": ("siqa",),
}
"""Names that other tools give to the bundled benchmarks."""
EITHER = {"arc": ("ARC-C", "ARC-E")}
LEADERBOARD = {
    "BBH-choice": "3-shot lm-eval",
    "MMLU-Pro": "5-shot lm-eval",
    "GPQA": "0-shot lm-eval",
}
"""Protocols of the Open LLM Leaderboard's columns 'BBH Raw' and so on."""
NORMALISED = ("HellaSwag", "ARC-C", "ARC-E", "PIQA", "OBQA", "BBH-choice", "GPQA")
"""Benchmarks whose usual score is normalised by the answers' length (`acc_norm`)."""
METRICS = (
    "acc_norm", "acc", "accuracy", "exact_match", "em", "pass@1", "pass_at_1", "strict-match",
    "flexible-extract", "custom-extract", "create_test", "get-answer", "none", "raw", "math_verify",
    "score",
)  # fmt: skip
_METRIC = re.compile(
    rf"(?<![a-z0-9])({'|'.join(re.escape(m) for m in METRICS)})(?![a-z0-9])", re.IGNORECASE
)
_SHOTS = re.compile(r"(\d+)[\s_-]*shots?\b", re.IGNORECASE)
_UNIT = re.compile(
    rf"(.*?)[\s_]*[\[(]?\s*(?<![a-z])({'|'.join(sorted(UNITS, key=len, reverse=True))})\s*[\])]?",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(\d+(?:\.\d+)?)\s*([kmbt])(?:n|illion|rillion)?(?:\s*-?\s*a(\d+(?:\.\d+)?)([kmbt]))?",
    re.IGNORECASE,
)


def unit(header: str) -> tuple[str, float | None]:
    """Split a header into its name and the number its unit stands for, None without one."""
    match = _UNIT.fullmatch(header)
    if match is None or not letters(match[1]):
        return header, None
    bare = len(match[2]) == 1 and header[-1].isalpha()  # "Size B", "params_b", not "Val B"
    if bare and letters(match[1]) not in _COUNTS:
        return header, None
    return match[1], UNITS[match[2].lower()]


# --- columns -----------------------------------------------------------------------------------


class Columns(NamedTuple):
    """Which column of a header stands for which of a table."""

    names: list[str]
    scales: dict[str, float]
    two: dict[str, list[str]]


def proper(header: Iterable[str], kind: str) -> Columns:
    """Find the columns of a table in a header.

    A column's own name goes before others, and other names before single letters.

    Returns
    -------
    names, scales, two
        Names of all columns; numbers that a column's header has it multiplied with; columns for
        which several names of the header may stand.
    """
    header = list(header)
    split = [unit(name) for name in header]
    names, scales, two = list(header), {}, {}
    taken: set[int] = set()
    wanted = [column.name for column in columns(kind)]
    wanted += [name for name in ALIASES.get(kind, {}) if name not in wanted]
    ranks = [
        {name: [letters(name)] for name in wanted},
        {name: [a for a in ALIASES.get(kind, {}).get(name, ()) if len(a) > 1] for name in wanted},
        {name: [a for a in ALIASES.get(kind, {}).get(name, ()) if len(a) == 1] for name in wanted},
    ]
    for rank in ranks:
        for name in wanted:
            if name in names and name in {names[i] for i in taken}:
                continue
            fits = [
                i
                for i, (base, scale) in enumerate(split)
                if i not in taken
                and letters(base) in rank[name]
                and (scale is None or name in (*COUNTED, *SCORES.values()))
            ]
            exact = [i for i in fits if re.sub(r"[\s\-]+", "_", header[i].strip().lower()) == name]
            fits = exact or fits
            if len(fits) > 1:
                two.setdefault(name, [header[i] for i in fits])
            if fits and name not in two:
                taken.add(fits[0])
                names[fits[0]] = name
                if (scale := split[fits[0]][1]) is not None:
                    scales[name] = scale
    return Columns(names, scales, two)


def guess_kind(names: Iterable[str], known: Collection[str] = ()) -> str | None:
    """Tell which table a header belongs to; None where nothing fits.

    The table all of whose required columns are there wins, the one that requires most first;
    then one of models with benchmarks in columns; failing that, the one with the most of its
    required columns, if more than half.
    """
    names = list(names)
    share: dict[str, tuple[bool, int, float]] = {}
    for kind, table in TABLES.items():
        need = {column.name for column in table if column.required}
        found, _, two = proper(names, kind)
        present = {*found, *two}
        if kind == "losses" and {"params", "flops"} <= present:
            present.add("tokens")
        there = len(need & present)
        share[kind] = (there == len(need), there, there / len(need))
    best = max(TABLES, key=lambda kind: share[kind])
    if share[best][0]:
        return best
    if is_wide(names, known):
        return "catalog"
    most = max(TABLES, key=lambda kind: share[kind][1:])
    return most if share[most][2] > 0.5 else None


def is_wide(names: Sequence[str], known: Collection[str] = ()) -> bool:
    """Whether a header has models and columns that are benchmarks."""
    found, _, two = proper(names, "catalog")
    if "model" not in {*found, *two} or "benchmark" in found:
        return False
    return any(
        benchmark_of(name, known) for name, now in zip(names, found, strict=True) if now == name
    )


def formed(raw: RawTable, kind: str, known: Collection[str] = ()) -> Formed:
    """Give a table the columns, rows and units it should have.

    Parameters
    ----------
    known
        Names of benchmarks beside the bundled ones.
    """
    names, scales, two = proper(raw.header, kind)
    wide = kind == "catalog" and is_wide(raw.header, known)
    if wide:  # what is called 'acc' beside columns of benchmarks is no score of one of them
        names = [old if new == "score" else new for old, new in zip(raw.header, names, strict=True)]
        two.pop("score", None)
        scales.pop("score", None)
    notes, faults = [], []
    for name, several in two.items():
        said = " or ".join(repr(one) for one in several)
        problem, cure = f"may be {said}", f"name the one that is meant {name!r}"
        faults.append(Fault(raw.file, 1, name, None, problem, cure))
    renamed = [
        f"{old!r} as {new}" + (f" in {_WORDS[scales[new]]}" if new in scales else "")
        for old, new in zip(raw.header, names, strict=True)
        if old != new and (new in scales or letters(old) != letters(new))
    ]
    before, raw = raw, replace(raw, header=tuple(names))
    if "model" in raw.header:
        raw = _mapped(raw, "model", _unlinked)
    raw, said = full_counts(raw, scales)
    notes += said
    if wide:
        added = raw.header[len(before.header) :]
        before = replace(before, header=(*before.header, *added))
        raw, told, found = _long(before, raw, known)
        notes.append(told)
        faults += found
    if kind in SCORES:
        raw, said, found = _proportions(raw, SCORES[kind], scales.get(SCORES[kind]))
        notes += said
        faults += found
    if kind == "losses" and "tokens" not in raw.header and {"params", "flops"} <= set(raw.header):
        raw = _with_tokens(raw)
        notes.append("tokens worked out from compute, C = 6 N D")
    own = {column.name for column in columns(kind)} | set(ALIASES.get(kind, {}))
    unread = [
        name
        for name in names
        if (name in raw.header and name not in own and letters(name) != "scoreunit")
        or (wide and name == "score")
    ]
    if renamed:
        notes.insert(0, ", ".join(renamed))
    if unread:
        notes.append(f"not used: {some(unread)}")
    return Formed(raw, notes, faults)


def some(names: Sequence[str], most: int = 8) -> str:
    """List the first few names, quoted, and say how many more there are."""
    names = [repr(name) for name in names]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


# --- units -------------------------------------------------------------------------------------


def _mapped(raw: RawTable, name: str, change: Any) -> RawTable:
    """Change the cells of one column; `change` takes a cell and its row's position."""
    i = raw.header.index(name)
    rows = tuple(
        (label, (*cells[:i], change(cells[i], k), *cells[i + 1 :]))
        for k, (label, cells) in enumerate(raw.rows)
    )
    return replace(raw, rows=rows)


def _unlinked(cell: Any, _: int) -> Any:
    """Take the text of a link: exports of web pages have names so."""
    return re.sub(r"</?a\b[^>]*>", "", cell).strip() if isinstance(cell, str) else cell


def _value(cell: Any, raw: RawTable) -> float | None:
    """Read the number of a cell, None where it holds none."""
    try:
        return None if is_blank(cell) else number(cell, decimal_comma=raw.decimal_comma)
    except CellError:
        return None


def full_counts(raw: RawTable, scales: Mapping[str, float]) -> tuple[RawTable, list[str]]:
    """Write sizes and tokens in full: those in billions by their header, and 7B, 35B-A3B."""
    notes: list[str] = []
    active: dict[int, str] = {}
    for name in [name for name in COUNTED if name in raw.header]:
        read: list[str] = []
        full = partial(_in_full, raw, name, scales.get(name), read, active)
        raw = _mapped(raw, name, full)
        if read:
            more = f" ({len(read)} so)" if len(read) > 1 else ""
            notes.append(f"{name} {read[0]!r} in full{more}")
    if active:
        if "active_params" not in raw.header:
            rows = tuple((label, (*cells, "")) for label, cells in raw.rows)
            raw = replace(raw, header=(*raw.header, "active_params"), rows=rows)
        raw = _mapped(
            raw,
            "active_params",
            lambda cell, row: active.get(row, cell) if is_blank(cell) else cell,
        )
        notes.append("active_params from sizes such as 35B-A3B")
    return raw, notes


def _in_full(
    raw: RawTable,
    name: str,
    scale: float | None,
    read: list[str],
    active: dict[int, str],
    cell: Any,
    row: int,
) -> Any:
    """Write a count in full; `read` and `active` take its suffixed size and active part."""
    value, text = _value(cell, raw), str(cell).strip()
    if value is not None:
        return cell if scale is None else _scaled(value, scale)
    match = _SIZE.fullmatch(text)
    if match is None or (match[3] and name != "params"):
        return cell
    if match[3]:
        active[row] = _scaled(float(match[3]), SUFFIX[match[4].lower()])
    read.append(text)
    return _scaled(float(match[1]), SUFFIX[match[2].lower()])


def _scaled(value: float, by: float) -> str:
    """Write a product without the noise of its last digits."""
    return plain(float(f"{value * by:.12g}")) if by > 1 else f"{value * by:.12g}"


def _proportions(
    raw: RawTable, name: str, scale: float | None
) -> tuple[RawTable, list[str], list[Fault]]:
    """Divide percentages by 100 where it is certain that they are; ask where it is not.

    Certain are a header or a column `score_unit` that says so, a percent sign in each cell, and
    three values or more of a source that all exceed 1. A single column of such values among
    others is asked about: the others may be percentages too, below 1.
    """
    if name not in raw.header:
        return raw, [], []
    scores = [cells[raw.header.index(name)] for _, cells in raw.rows]
    said_so = next((i for i, head in enumerate(raw.header) if letters(head) == "scoreunit"), None)
    divide = [
        scale == 0.01 or (said_so is not None and unit(f"x {cells[said_so]}")[1] == 0.01)
        for _, cells in raw.rows
    ]
    faults = []
    source = raw.header.index("source") if "source" in raw.header else None
    wholes: dict[Any, list[int]] = {}
    parts: dict[Any, list[int]] = {}
    for k, (label, cells) in enumerate(raw.rows):
        whose = None if source is None else str(cells[source])
        wholes.setdefault((whose, None), []).append(k)
        if isinstance(label, Place):
            parts.setdefault((whose, label.column), []).append(k)
    for (whose, column), rows in [*wholes.items(), *parts.items()]:
        mine = [k for k in rows if not divide[k]]
        certain, values, over = _in_percent([scores[k] for k in mine], raw)
        certain = certain and (column is None or not values)
        if not (certain or values):
            continue
        for k in mine:
            divide[k] = True
        if not certain:
            of = f" of source {whose!r}" if whose is not None else ""
            problem = (
                f"seems to be in percent{of}: {len(over)} of {len(values)} values exceed 1, "
                f"up to {plain(max(over))}"
            )
            label = raw.rows[rows[0]][0]
            head = label.column if isinstance(label, Place) else name
            cure = (
                "divide the percentages by 100, those below 1 too, or say so: "
                f"'{head} (%)' in the header, or a column 'score_unit' with percent"
            )
            faults.append(Fault(raw.file, None, column or name, None, problem, cure))
    if not any(divide):
        return raw, [], []

    def part(cell: Any, row: int) -> Any:
        text = str(cell).strip().removesuffix("%").strip()
        value = _value(text, raw) if divide[row] else None
        return cell if value is None else _scaled(value, 0.01)

    notes = [] if faults else [f"{name} divided by 100 ({sum(divide)} values in percent)"]
    return _mapped(raw, name, part), notes, faults


def _in_percent(cells: Sequence[Any], raw: RawTable) -> tuple[bool, list[float], list[float]]:
    """Whether values are percentages for certain; else the values and those over 1, if it seems."""
    filled = [str(cell).strip() for cell in cells if not is_blank(cell)]
    if len(filled) > 1 and all(cell.endswith("%") for cell in filled):
        return True, [], []
    values = [value for value in (_value(cell, raw) for cell in cells) if value is not None]
    over = [value for value in values if 1 < value <= 100]
    if len(over) < 2 or 2 * len(over) < len(values):
        return False, [], []
    return 2 < len(over) == len(values), values, over


def _with_tokens(raw: RawTable) -> RawTable:
    """Add a column of tokens; a row whose compute cannot be read gets none."""
    size, compute = raw.header.index("params"), raw.header.index("flops")

    def tokens(cells: tuple[Any, ...]) -> str:
        n, c = _value(cells[size], raw), _value(cells[compute], raw)
        return repr(c / (FLOPS_PER_PARAMETER_AND_TOKEN * n)) if n and c and n > 0 else ""

    rows = tuple((label, (*cells, tokens(cells))) for label, cells in raw.rows)
    return replace(raw, header=(*raw.header, "tokens"), rows=rows)


# --- benchmarks in columns ---------------------------------------------------------------------


@cache
def _benchmarks() -> dict[str, str]:
    """Bundled benchmarks by the letters of their names; not AVERAGE, which is of five."""
    names = [name for name in bundled("benchmarks")["benchmark"] if name != "AVERAGE"]
    return {letters(name): name for name in names} | {
        other: name for name, others in BENCHMARKS.items() for other in others
    }


@cache
def protocols(benchmark: str) -> tuple[str, ...]:
    """Protocols that the bundled tables know of a benchmark, its own first."""
    table, catalog = bundled("benchmarks").set_index("benchmark"), bundled("catalog")
    others = catalog.loc[catalog["benchmark"] == benchmark, "protocol"].dropna().unique()
    return (table["protocol"].get(benchmark, ""), *others)


def benchmark_of(header: str, known: Collection[str] = ()) -> str | None:
    """Name the benchmark whose scores a column holds, None where it is not known to."""
    if "stderr" in header.lower():
        return None
    if header in known and header != "AVERAGE":
        return header
    bare = _METRIC.sub("", _SHOTS.sub("", unit(header.replace("\u2b06\ufe0f", "").strip())[0]))
    own = {letters(name): name for name in known if name != "AVERAGE"}
    names = _benchmarks() | own
    return next((names[key] for key in map(letters, (header, bare)) if key in names), None)


def metric_of(header: str) -> str:
    """Name what counts as right, as a header or an entry of results says it: `exact_match`."""
    found = [match.lower() for match in _METRIC.findall(header)]
    return ", ".join(dict.fromkeys(one for one in found if one not in ("none", "raw")))


def preferred(benchmark: str, headers: Sequence[str]) -> list[str]:
    """Of several columns with scores of one benchmark those that are usual, best a single one."""
    usual = "acc_norm" if benchmark in NORMALISED else "acc"
    for metrics in ({usual}, {"exact_match", "strict-match"}, {"exact_match"}, {"pass@1"}):
        found = [h for h in headers if metrics == set(metric_of(h).split(", "))]
        if found:
            return found
    return list(headers)


def _long(
    before: RawTable, raw: RawTable, known: Collection[str]
) -> tuple[RawTable, str, list[Fault]]:
    """Turn one column a benchmark into one row a score; a blank cell is no score."""
    faults, found = [], {}
    rescaled, some_raw = _rescaled(before.header)
    for i, (old, new) in enumerate(zip(before.header, raw.header, strict=True)):
        if old in rescaled:
            continue
        if old == new and (benchmark := benchmark_of(old, known)) is not None:
            found.setdefault(benchmark, []).append(i)
        elif letters(old) in EITHER:
            names = EITHER[letters(old)]
            problem, cure = f"may be {' or '.join(names)}", "name the one that is meant"
            faults.append(Fault(raw.file, 1, old, None, problem, cure))
    if rescaled and not some_raw:
        problem = (
            f"seems to be rescaled to 0 at chance ({some(rescaled)}), as this leaderboard does"
        )
        cure = "give the scores as they were taken, the columns 'BBH Raw' and so on"
        faults.append(Fault(raw.file, 1, None, None, problem, cure))
    chosen: dict[int, str] = {}
    for benchmark, several in found.items():
        best = preferred(benchmark, [before.header[i] for i in several])
        if len(best) > 1:
            said = " or ".join(repr(one) for one in best)
            cure = f"keep one of them, or name it {benchmark!r}"
            faults.append(Fault(raw.file, 1, benchmark, None, f"may be {said}", cure))
        chosen[before.header.index(best[0])] = benchmark
    gone = {i for several in found.values() for i in several}
    kept = [i for i, name in enumerate(raw.header) if i not in gone and name != "score"]
    facts = [_facts(before.header[i], benchmark) for i, benchmark in chosen.items()]
    rows = []
    for label, cells in raw.rows:
        own = tuple(cells[i] for i in kept)
        for (i, benchmark), more in zip(chosen.items(), facts, strict=True):
            if not is_blank(cells[i]):
                place = Place(raw.file, label, before.header[i])
                score = _scored(cells[i], before.header[i], raw)
                rows.append((place, (*own, benchmark, score, *more)))
    if not rows and not faults:
        problem, cure = "holds no score", f"fill the columns {', '.join(map(repr, found))}"
        faults.append(Fault(raw.file, None, None, None, problem, cure))
    header = (*(raw.header[i] for i in kept), "benchmark", "score", "shots", "metric", "protocol")
    header, rows = _without_twins(header, rows)
    as_what = ", ".join(
        benchmark if before.header[i] == benchmark else f"{before.header[i]!r} as {benchmark}"
        for i, benchmark in chosen.items()
    )
    said = f"a row a model, scores in columns: {as_what}"
    return replace(raw, header=header, rows=tuple(rows)), said, faults


def _rescaled(header: Sequence[str]) -> tuple[list[str], bool]:
    """List columns of the Open LLM Leaderboard that are rescaled, and whether it has raw ones."""
    keys = {letters(name) for name in header}
    raw = any(key.endswith("raw") and key.removesuffix("raw") in keys for key in keys)
    board = {"ifeval", "musr"} <= keys or raw
    names = [name for name in header if board and letters(name) in ("bbh", "gpqa", "mmlupro")]
    return names, raw


def _scored(cell: Any, header: str, raw: RawTable) -> Any:
    """Divide a score by 100 where its column's header says percent."""
    value = _value(str(cell).strip().removesuffix("%"), raw)
    return cell if unit(header)[1] != 0.01 or value is None else _scaled(value, 0.01)


def _facts(header: str, benchmark: str) -> tuple[str, str, str]:
    """Shots, metric and protocol as a column's header tells them; blank where it does not."""
    match = _SHOTS.search(header)
    usual = _SHOTS.match(protocols(benchmark)[0])
    other = f"{match[1]}-shot" if match and usual and match[1] != usual[1] else ""
    if letters(header).endswith("raw"):
        other = LEADERBOARD.get(benchmark, other)
    return match[1] if match else "", metric_of(header), other


def _without_twins(header: tuple[str, ...], rows: list[Any]) -> tuple[tuple[str, ...], list[Any]]:
    """Drop the later of two columns of one name, and added ones that hold nothing."""
    keep = [
        i
        for i, name in enumerate(header)
        if header.index(name) == i
        and (name not in ("shots", "metric", "protocol") or any(r[1][i] != "" for r in rows))
    ]
    return tuple(header[i] for i in keep), [(r[0], tuple(r[1][i] for i in keep)) for r in rows]
