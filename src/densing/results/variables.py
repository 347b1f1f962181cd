"""What each variable of a run means: dimensions, unit and long name, in one table."""

from typing import NamedTuple


class Variable(NamedTuple):
    """Dimensions after (chain, draw), unit and long name."""

    dims: tuple[str, ...]
    units: str
    long_name: str


DERIVED_PARAMETERS = {
    "alpha": Variable(("benchmark",), "1", "exponent of parameters in the loss law"),
    "beta": Variable(("benchmark",), "1", "exponent of tokens in the loss law"),
    "irreducible_loss": Variable(("benchmark",), "loss", "loss at infinite size and data"),
    "size_term": Variable(("benchmark",), "loss", "size term of the loss at the runs' centre"),
    "data_term": Variable(("benchmark",), "loss", "data term of the loss at the runs' centre"),
    "floor": Variable(("benchmark",), "proportion", "score of a model that knows nothing"),
    "ceiling": Variable(("benchmark",), "proportion", "score at vanishing loss"),
    "steepness": Variable(("benchmark",), "logit", "logits per relative change of loss"),
    "midpoint": Variable(("benchmark",), "loss", "loss halfway between floor and ceiling"),
    "overdispersion": Variable((), "1", "intraclass correlation of the items of a score"),
    "discrepancy": Variable(("benchmark",), "ln loss", "model-by-benchmark scatter of the loss"),
    "noise": Variable((), "ln density", "symmetric scatter of log density"),
    "shortfall": Variable((), "ln density", "mean shortfall below the frontier, mean date"),
}

DERIVED_PARAMETERS |= {
    "slope": Variable(("benchmark",), "logit", "what a size e times larger is worth"),
    "report_noise": Variable(("benchmark",), "proportion", "scatter of a score between reports"),
    "release_residual": Variable(("benchmark",), "logit", "releases on one benchmark alone"),
    "family_residual": Variable(("benchmark",), "logit", "families on one benchmark alone"),
    "scatter": Variable((), "ln density", "releases and models of a family about its line"),
    "level": Variable((), "ln density", "typical release at the mean date, reference at 0"),
}
"""Those of the families model (`models.families`)."""

DERIVED = {
    "log_density": Variable(("model",), "ln density", "natural log of capability density"),
    "density": Variable(("model",), "1", "capability density: effective over own parameters"),
    "effective_params": Variable(
        ("model",), "parameters", "reference parameters that reach the model's scores"
    ),
    "beyond_reference": Variable(
        ("model",), "1", "effective parameters beyond where the reference's size shows"
    ),
    "population_rate": Variable((), "1 / year", "growth of the typical model's log density"),
    "frontier_rate": Variable((), "1 / year", "growth of the frontier's log density"),
    "population_rate_at_end": Variable(
        (), "1 / year", "growth of the typical model's log density at the last date"
    ),
    "frontier_rate_at_end": Variable(
        (), "1 / year", "growth of the frontier's log density at the last date"
    ),
    "benchmark_rate": Variable(
        ("benchmark",), "1 / year", "growth of the typical model's log density on one benchmark"
    ),
    "benchmark_rate_at_end": Variable(
        ("benchmark",), "1 / year", "growth on one benchmark at the last date"
    ),
    "type_rate_since": Variable(("type",), "1 / year", "growth on a type of benchmarks"),
    "type_rate_at_end": Variable(
        ("type",), "1 / year", "growth on a type of benchmarks at the last date"
    ),
    "new_benchmark_rate": Variable((), "1 / year", "growth on a new benchmark like these"),
    "population": Variable(("date",), "ln density", "log density of a typical new model"),
    "frontier": Variable(("date",), "ln density", "log density of the day's best practice"),
    "record": Variable(("date",), "ln density", "highest log density among models so far"),
}
