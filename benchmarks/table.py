"""Print a benchmark file beside the targets: python benchmarks/table.py FILE.json."""

import json
import math
import operator
import sys
from pathlib import Path

WHY = {
    "default fit, whole process, warm cache": "imports, tracing and writing are a quarter of it",
    "effective draws a second against PyMC's NUTS, plain form": (
        "the plain form's gradient is cheap; its time counts sampling alone, ours the whole fit"
    ),
    "effective draws a second against nutpie, plain form": "as against PyMC's",
    "time per gradient, 5000 models": "memory, not arithmetic",
    "gradients per effective draw, after warm-up": "one seed: chains go on in hundreds of draws",
    "steps per draw, 200 models": "twice the dimensions, two short chains to learn them from",
    "universes: cost of 110, in default fits": "each universe needs its own effective draws",
    "the kept multiverse, gradients in default fits": (
        "each universe needs its own effective draws, and some of doubled priors mix slowly"
    ),
    "the kept multiverse, the same in cold default fits": ("17 shapes are compiled, a third of it"),
}
"""What is known of a miss; printed where it is one."""
MULTIVERSE = Path(__file__).parent / "results" / "sensitivity.json"
"""The kept run of `make sensitivity`."""
COMPARE = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}


def apart(ours, theirs):
    """Largest distance of two engines' posterior means, in combined Monte-Carlo errors, and where.

    Parameters
    ----------
    ours, theirs
        Pairs (mean, its Monte-Carlo error) by quantity; those that both have are compared.
    """
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        return float("nan"), "nothing in common"
    return max(
        (abs(ours[n][0] - theirs[n][0]) / math.hypot(ours[n][1], theirs[n][1]), n) for n in both
    )


def missed(value, target):
    """Whether a figure misses a numeric target."""
    sign, _, number = target.partition(" ")
    return sign in COMPARE and not COMPARE[sign](value, float(number))


def main(path):
    record = json.loads(Path(path).read_text())
    rows = {row["name"]: row for row in record["benchmarks"]}

    def seconds(name):
        return rows[name]["stats"]["median"]

    def told(name, key):
        return rows[name]["extra_info"][key]

    cold, warm = "test_default_fit[cold]", "test_default_fit[warm]"

    def against(form):
        """Effective draws a second, this project's over another's, in the same run."""
        mine, theirs = (told(f"test_engine[{f}]", "ess_per_second") for f in ("densing", form))
        return mine / theirs

    def means():
        """How far other engines' posterior means lie from this one's, where they were kept."""
        kept = {f: rows[f"test_engine[{f}]"]["extra_info"].get("means")
                for f in ("densing", "pymc_plain", "nutpie_plain", "nutpie_ours")
                if f"test_engine[{f}]" in rows}  # fmt: skip
        ours = kept.pop("densing", None)
        for form, theirs in kept.items():
            if ours and theirs:
                far, where = apart(ours, theirs)
                yield f"posterior means, {form}: {where}", far, "SE", "<= 4"

    def multiverse():
        """What the kept run of `make sensitivity` took, beside this run's default fit."""
        spent = json.loads(MULTIVERSE.read_text())["diagnostics"]
        yield ("the kept multiverse, gradients in default fits",
               spent["gradient_evaluations"] / told(warm, "gradient_evaluations"), "x",
               "<= 10")  # fmt: skip
        if spent.get("fitted") != spent["universes"]:
            return  # it was stopped on the way: its time is not known
        minutes = spent["seconds"] / 60
        yield "the kept multiverse, from nothing to the last universe", minutes, "min", "<= 20"
        yield ("the kept multiverse, the same in cold default fits", 60 * minutes / seconds(cold),
               "x", "<= 10")  # fmt: skip

    models = {n: 1e3 * seconds(f"test_models[{n}]") for n in (50, 500, 5000)}
    steps = {n: told(f"test_steps[{n}]", "steps_per_draw") for n in (50, 200)}
    universe = told("test_sensitivity", "gradients_per_universe")
    boots = seconds("test_loss_bootstrap") / told("test_loss_bootstrap", "bootstraps")
    table = [
        ("default fit, whole process, cold", seconds(cold), "s", "<= 60"),
        ("default fit, whole process, warm cache", seconds(warm), "s", "<= 20"),
        ("gradients per effective draw, after warm-up",
         told(warm, "gradients_per_effective_draw"), "", "<= 60"),
        ("gradients per effective draw (bulk and tail), everything",
         told(warm, "all_gradients_per_effective_draw"), "", ""),
        ("worst bulk effective draws", told(warm, "min_ess_bulk"), "", ">= 400"),
        ("worst R-hat", told(warm, "max_rhat"), "", "<= 1.01"),
        ("divergences", told(warm, "divergences"), "", "<= 0"),
        ("peak memory", told(warm, "peak_gib"), "GiB", ""),
        ("time per gradient, default", 1e3 * seconds("test_default"), "ms", ""),
        ("time per gradient, 50 models", models[50], "ms", ""),
        ("time per gradient, 500 models", models[500], "ms", f"<= {10 * models[50]:.3g}"),
        ("time per gradient, 5000 models", models[5000], "ms", f"<= {10 * models[500]:.3g}"),
        ("steps per draw, 50 models", steps[50], "", ""),
        ("steps per draw, 200 models", steps[200], "", f"<= {steps[50]:.3g}"),
        *[(f"time per gradient, {n} benchmarks", 1e3 * seconds(f"test_benchmarks[{n}]"), "ms",
           "linear") for n in (5, 20, 100)],
        *[(f"time per gradient, {n} reference runs",
           1e3 * seconds(f"test_reference_runs[{n}]"), "ms", "") for n in (30, 300)],
        ("effective draws a second against PyMC's NUTS, plain form", against("pymc_plain"),
         "x", ">= 20"),
        ("effective draws a second against nutpie, plain form", against("nutpie_plain"), "x",
         ">= 5"),
        ("effective draws a second against nutpie, our form", against("nutpie_ours"), "x", ""),
        *[(f"gradients per effective draw, warm-up counted: {form}",
           told(f"test_engine[{form}]", "all_gradients_per_effective_draw"), "", "")
          for form in ("densing", "pymc_plain", "nutpie_plain", "nutpie_ours")],
        *[(f"worst R-hat: {form}", told(f"test_engine[{form}]", "max_rhat"), "", "")
          for form in ("pymc_plain", "nutpie_plain", "nutpie_ours")],
        *means(),
        ("scores factor and gradient: JAX against hand-fused Numba",
         told("test_fused", "jax_over_fused"), "x", "<= 3"),
        ("loss posterior, 240 runs", seconds("test_loss_posterior"), "s", "<= 10"),
        ("4,000 bootstraps of its point fit, extrapolated", 4000 * boots, "s", ""),
        ("trend alone, 60 values", seconds("test_trend_alone"), "s", ""),
        ("calibration: one joint world, two at a time",
         seconds("test_calibration") / told("test_calibration", "worlds"), "s", ""),
        ("sensitivity: one universe, two at a time",
         seconds("test_sensitivity") / told("test_sensitivity", "universes"), "s", ""),
        ("universes: cost of 110, in default fits",
         110 * universe / told(warm, "gradient_evaluations"), "x", "<= 10"),
        *multiverse(),
        ("densing --help", seconds("test_help_starts"), "s", "< 0.3"),
        ("densing summary", seconds("test_summary_starts"), "s", "< 2"),
    ]  # fmt: skip
    print(f"measured {record['datetime'][:10]}, {record['machine_info']['cpu']['count']} cores")
    for what, value, unit, target in table:
        mark = "  MISSED" if missed(value, target) else ""
        print(f"{what:58s} {value:10.3g} {unit:4s} {target}{mark}")
    for what, value, _, target in table:
        if missed(value, target):
            print(f"missed: {what}: {WHY.get(what, 'not explained yet')}")


if __name__ == "__main__":
    main(sys.argv[1])
