"""The questions a run answers.

A question is one annotated function with one docstring: the verb of a notebook (`densing.density`)
and, through `densing.cli.command`, the command of a shell. It returns a frozen `Answer`.
"""

QUESTIONS = {
    "compare": "densing.answers.compare",
    "corollaries": "densing.answers.corollaries",
    "density": "densing.answers.density",
    "forecast": "densing.answers.forecast",
    "predict": "densing.answers.predict",
    "priors": "densing.answers.priors",
    "siblings": "densing.answers.siblings",
    "summary": "densing.answers.summary",
}
"""By name, the module that answers it."""
