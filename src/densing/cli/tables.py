"""`densing check` and `densing simulate`."""

from pathlib import Path
from typing import Any

from rich.console import Console

from densing.cli.answers import print_json
from densing.cli.app import BAD_INPUT, GOOD
from densing.cli.options import Flag


def check(*tables: Path, json: Flag = False) -> int:
    """Validate tables and name every fault at once.

    Parameters
    ----------
    tables
        Files in any form that is read (CSV, JSON, results of lm-evaluation-harness or a folder of
        them); what each one is shows from its columns, and is said.
    json
        Print one JSON object with the faults.
    """
    from densing.data import TableError, inspect_table, read_as
    from densing.models.declaration import DeclarationError

    if not tables:
        raise DeclarationError("give at least one table: densing check my-models.csv")
    faults: list[Any] = []
    read: dict[str, str] = {}
    for path in tables:
        try:
            frame, _, found = inspect_table(path)
        except TableError as error:
            faults += error.faults
            continue
        faults += found
        read[str(path)] = read_as(frame)
        if not json:
            good = ", no fault" if not found else ""
            print(f"{path}: {len(frame)} rows{good}; read as {read[str(path)]}", flush=True)
    if json:
        from dataclasses import asdict

        found = [asdict(fault) for fault in TableError(faults).faults]
        print_json({"tables": len(tables), "read_as": read, "faults": found})
    elif faults:
        Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(
            str(TableError(faults))
        )
    return BAD_INPUT if faults else GOOD


def simulate(*, truth: Path | None = None, out: Path) -> None:
    """Draw a world with known truth, in the tables' own form.

    Parameters
    ----------
    truth
        TOML with the world's truth; every entry has a default (see the documentation).
    out
        New folder for the four tables, truth.json and model.toml, the model that fits them.
    """
    from densing.models.declaration import DeclarationError
    from densing.models.world import load_world, simulate
    from densing.report.folder import write_json, written_whole

    world = load_world(truth)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DeclarationError(f"{out} exists already: give a new folder")
    tables, known = simulate(world)
    names = ", ".join(f'"{name}"' for name in world.benchmarks)
    model = (
        'about = "The joint model for a simulated world"\nextends = "ladder"\n\n[choices]\n'
        f'reference = "simulated"\nbenchmarks = [{names}]\ntokens = {world.tokens!r}\n'
        'count = "total"\nmin_scores = 1\n'
    )
    with written_whole(out, last="model.toml") as made:
        for name, table in tables.items():
            table.to_csv(made / f"{name}.csv", index=False)
        write_json(made / "truth.json", {**known, "world": world.model_dump()})
        (made / "model.toml").write_text(model, encoding="utf-8")
    folder = str(out)
    Console(highlight=False, soft_wrap=True).print(
        f"written: {folder}; fit it with\n  densing fit --model {folder}/model.toml "
        f"--reference {folder}/reference_runs.csv --calibration {folder}/calibration_points.csv "
        f"--catalog {folder}/catalog.csv --benchmarks {folder}/benchmarks.csv --out {folder}/run.nc"
    )
