"""Results of lm-evaluation-harness into a table of models and scores.

A file holds scores of one model by task and metric. What it does not state, the day of the release
and mostly the size, is asked for; where to write it is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from densing.data.cells import is_blank, plain
from densing.data.faults import Fault, Place, at
from densing.data.forms import (
    Formed,
    RawTable,
    benchmark_of,
    full_counts,
    letters,
    metric_of,
    preferred,
    proper,
    protocols,
    some,
)
from densing.data.schemas import TABLES
from densing.data.shipped import bundled

FACTS = tuple(c.name for c in TABLES["catalog"] if c.name not in ("model", "benchmark", "score"))


def is_harness(content: Any) -> bool:
    """Whether JSON is a result of lm-evaluation-harness."""
    results = content.get("results") if isinstance(content, dict) else None
    return isinstance(results, dict) and any(isinstance(v, dict) for v in results.values())


def harness_table(
    files: Mapping[str, dict[str, Any]], facts: RawTable | None, name: str, known: Collection[str]
) -> Formed:
    """Read results of lm-evaluation-harness as a table of models and scores.

    Parameters
    ----------
    files
        Name and content of each file.
    facts
        What else is known of the models: a column 'model' and others of the catalog.
    """
    records, left, faults = [], Counter(), []
    read: dict[str, None] = {}
    beside = _beside(facts)
    for file, content in files.items():
        about = _about(content)
        for key in (about.get("model"), about.get("hub_id")):
            about |= beside.get(letters(str(key)), {})
        tasks: dict[str, list[tuple[str, str, float]]] = {}
        for task, entries in content["results"].items():
            benchmark = benchmark_of(str(task), known)
            scores = _entries(entries)
            if benchmark is None or not scores:
                left[str(task)] += 1
                continue
            best = preferred(benchmark, list(scores))
            if len(best) > 1:
                problem = f"of {task} may be {' or '.join(map(repr, best))}"
                cure = "keep one of them in the file"
                faults.append(Fault(file, None, benchmark, None, problem, cure))
            tasks.setdefault(benchmark, []).append((str(task), best[0], scores[best[0]]))
        for benchmark, several in tasks.items():
            if len(several) > 1:
                problem = f"has scores of {' and '.join(task for task, _, _ in several)}"
                faults.append(Fault(file, None, benchmark, None, problem, "keep one of them"))
            task, metric, score = several[0]
            read[f"{task} ({metric}) as {benchmark}"] = None
            row = {**about, "benchmark": benchmark, "score": score, **_run(content, task)}
            row |= {"metric": metric_of(metric), "protocol": _protocol(benchmark, row.get("shots"))}
            records.append((Place(file, None, task), row))
    if not records:
        problem = f"has no score of a known benchmark (tasks: {some(list(left))})"
        cure = "give results of MMLU, BBH, MATH, ..., or name yours (--benchmarks)"
        return Formed(
            RawTable(name, (), ()), [], [*faults, Fault(name, None, None, None, problem, cure)]
        )
    header = tuple(dict.fromkeys(key for _, row in records for key in row))
    rows = tuple((place, tuple(row.get(key, "") for key in header)) for place, row in records)
    models = len({row.get("model") for _, row in records})
    notes = [
        f"lm-evaluation-harness results of {models} model{'s' if models > 1 else ''}: "
        + ", ".join(read)
    ]
    if left:
        notes.append(f"not used: {some(list(left))}")
    return Formed(RawTable(name, header, rows), notes, [*faults, *_asked(header, records)])


def _entries(entries: Any) -> dict[str, float]:
    """Scores of one task by the name of their metric."""
    if not isinstance(entries, dict):
        return {}
    return {
        key: float(value)
        for key, value in entries.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
        and "stderr" not in key and metric_of(key)
    }  # fmt: skip


def _about(content: dict[str, Any]) -> dict[str, Any]:
    """Read what a file says of its model: name, hub identifier, size, and facts of the catalog."""
    config: Any = content.get("config")
    config = config if isinstance(config, dict) else {}
    given = config.get("model_args")
    if not isinstance(given, dict):
        pairs = (part.partition("=") for part in str(given or "").split(","))
        given = {key.strip(): value.strip() for key, _, value in pairs if value}
    name = content.get("model_name") or given.get("pretrained") or given.get("model") or ""
    name, revision = str(name), str(given.get("revision", "main"))
    about: dict[str, Any] = {"model": name.rstrip("/").rpartition("/")[2] or name}
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not name.startswith("."):
        about["hub_id"] = name
    if revision not in ("main", "None", ""):
        about["model"] += f"@{revision}"
    size = config.get("model_num_parameters")
    if isinstance(size, int) and size > 0:
        about["params"] = size
    stated = {key: content[key] for key in ("model", *FACTS) if key in content}
    return about | {k: v for k, v in stated.items() if isinstance(v, str | int | float)}


def _run(content: dict[str, Any], task: str) -> dict[str, Any]:
    """Items and shots of a task, where the file states them."""
    samples, shots = (content.get(key) for key in ("n-samples", "n-shot"))
    said = samples.get(task) if isinstance(samples, dict) else None
    effective = said.get("effective") if isinstance(said, dict) else None
    run = {"items": effective, "shots": shots.get(task) if isinstance(shots, dict) else None}
    return {key: value for key, value in run.items() if isinstance(value, int)}


def _protocol(benchmark: str, shots: int | None) -> str:
    """Name the protocol of a harness score, as the bundled tables do where they know it."""
    if shots is None:
        return "lm-eval, shots not stated"
    known = protocols(benchmark)
    names = (f"{shots}-shot lm-eval", f"cloze {shots}-shot", f"{shots}-shot", "cloze")
    return next((name for name in names if name in known), names[0])


def _beside(facts: RawTable | None) -> dict[str, dict[str, Any]]:
    """Facts of each model, by the letters of its name."""
    if facts is None:
        return {}
    names = proper(facts.header, "catalog").names
    raw, _ = full_counts(
        replace(facts, header=tuple(names)), proper(facts.header, "catalog").scales
    )
    table = {}
    for _, cells in raw.rows:
        row = {n: c for n, c in zip(raw.header, cells, strict=True) if not is_blank(c)}
        own = {key: value for key, value in row.items() if key in FACTS}
        for name in (row.get("model"), row.get("hub_id")):
            table[letters(str(name))] = own
            table[letters(str(name).rpartition("/")[2])] = own
    return table


def _asked(
    header: Collection[str], records: Iterable[tuple[Place, dict[str, Any]]]
) -> Iterator[Fault]:
    """Ask for the date and the size that results do not state, once a model."""
    catalog, told = bundled("catalog"), set()
    known = catalog.dropna(subset=["hub_id"]).drop_duplicates("hub_id").set_index("hub_id")
    for place, row in records:
        model = row.get("model") or "the model"
        for fact in ("model", "release_date", "params"):
            if not is_blank(row.get(fact)) or (place.file, fact) in told:
                continue
            told.add((place.file, fact))
            hint = ""
            if fact != "model" and row.get("hub_id") in known.index:
                hint = f" (the bundled catalog has {_written(known.at[row['hub_id'], fact])})"
            problem = "is not stated by the results" + ("" if fact == "model" else f" of {model}")
            cure = (
                f"write it{hint} beside 'results' in the file, as \"{fact}\": ..., or in a "
                "models.csv (model, release_date, params) in the same folder, and name the folder"
            )
            yield at(place.file, place, fact, None, problem, cure)


def _written(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else plain(float(value))
