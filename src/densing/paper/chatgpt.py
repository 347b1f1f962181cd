"""Figure 3c: MMLU density before and after ChatGPT, and the acceleration between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from densing.data import bundled
from densing.paper import published as pub
from densing.paper.claim import Claim, Range
from densing.paper.growth import days
from densing.paper.records import Chance, chance_lines
from densing.results.interval import PROB, Interval
from densing.results.line import Line, least_squares
from densing.results.record_setters import record_setters

SECTION = "ChatGPT (Fig. 3c)"
HALF_DECIMAL = 5e-6
"""Half of the last decimal of the bundled densities."""
ROUNDED = (
    f"from the figure's points, all digits kept, {pub.DRAWN_BEFORE} before and {pub.DRAWN_AFTER} "
    "after: the bundled densities have five decimals"
)
"""Why a slope differs from the figure's in the last digit."""


@dataclass(frozen=True, eq=False)
class Era:
    """The models of one side of ChatGPT's release."""

    models: np.ndarray
    """Positions in the table, shape (model,)."""
    records: np.ndarray
    """Positions in the table of the record-setters among them."""
    line: Line
    """Through the record-setters."""
    all_models: Line
    chance: Chance

    def before_rounding(self, table: pd.DataFrame, day: np.ndarray) -> Range:
        """Slopes that the line may have had before the table's densities were rounded."""
        density, x = table["density"].to_numpy()[self.records], day[self.records]
        lever = (x - self.line.centre) / self.line.spread
        side = HALF_DECIMAL * np.sign(lever)
        return float(lever @ np.log(density - side)), float(lever @ np.log(density + side))


@dataclass(frozen=True, eq=False)
class ChatGPT:
    """Both sides."""

    table: pd.DataFrame
    day: np.ndarray
    before: Era
    after: Era
    record_ratio: Interval
    model_ratio: Interval
    restarts: int
    """Record-setters of the later side that are no records among all models."""


def split(*, seed: int = 1) -> ChatGPT:
    """Fit both sides; intervals of the ratio come from draws of both slopes."""
    table = bundled("published_density_mmlu")
    rng = np.random.default_rng(seed)
    day, value = days(table["release_date"]), np.log(table["density"].to_numpy())
    later = (table["release_date"] >= pd.Timestamp(pub.CHATGPT)).to_numpy()

    def era(models: np.ndarray) -> Era:
        records = models[record_setters(day[models], value[models])]
        return Era(
            models, records, least_squares(day[records], value[records]),
            least_squares(day[models], value[models]),
            chance_lines(day[models], value[models], rng=rng),
        )  # fmt: skip

    before, after = era(np.flatnonzero(~later)), era(np.flatnonzero(later))
    overall = set(record_setters(day, value).tolist())
    return ChatGPT(
        table, day, before, after, ratio(after.line, before.line, rng=rng),
        ratio(after.all_models, before.all_models, rng=rng),
        sum(i not in overall for i in after.records.tolist()),
    )  # fmt: skip


def ratio(after: Line, before: Line, *, rng: np.random.Generator, draws: int = 200_000) -> Interval:
    """Interval of after's slope over before's.

    A draw without growth before makes the acceleration unbounded; it is kept as such, and an end
    that falls among those draws is None.
    """
    old, new = before.slopes(rng, draws), after.slopes(rng, draws)
    values = np.where(old > 0, new / np.where(old > 0, old, 1.0), np.inf)
    quantiles = np.quantile(values, [(1 - PROB) / 2, 0.5, (1 + PROB) / 2], method="lower")
    low, middle, high = (float(q) if np.isfinite(q) else None for q in quantiles)
    return Interval(middle, low, high)


def chatgpt_claims(eras: ChatGPT) -> list[Claim]:
    """Return the claims of Figure 3c."""
    before, after = eras.before, eras.after

    def slope(name: str, era: Era, printed: str, drawn: str) -> Claim:
        line = era.line
        share = float(np.mean(era.chance.slope >= line.slope))
        note = (
            f"{line.count} points of {len(era.models)} models; so steep a line in {share:.0%} of "
            "shuffles without growth"
        )
        if line.count == 3:
            note = "rests on three points: " + note
        low, high = era.before_rounding(eras.table, eras.day)
        note += (
            f"; {drawn} from the figure's points: the bundled densities have five decimals, which "
            f"leave {low:.6f} to {high:.6f}"
        )
        return Claim(
            SECTION, f"growth {name} ChatGPT", "1/day", printed, line.slope, line.slope_interval(),
            "line through the records", era.chance.band(), note=note,
        )  # fmt: skip

    def everyone(name: str, era: Era, printed: str) -> Claim:
        line = era.all_models
        return Claim(
            SECTION, f"growth {name} ChatGPT, all models", "1/day", printed, None,
            line.slope_interval(), f"line through all {line.count} models", (0.0, 0.0),
            note=f"least squares {line.slope:.6f}",
        )  # fmt: skip

    return [
        slope("before", before, pub.BEFORE, pub.DRAWN_BEFORE),
        everyone("before", before, pub.BEFORE),
        slope("after", after, pub.AFTER, pub.DRAWN_AFTER),
        everyone("after", after, pub.AFTER),
        Claim(SECTION, "acceleration, records", "ratio", pub.ACCELERATION,
              after.line.slope / before.line.slope, eras.record_ratio, "ratio of both lines",
              (1.0, 1.0),
              note=f"rests on {before.line.count} points before; {eras.restarts} of the "
                   f"{after.line.count} after are no records among all models"),
        Claim(SECTION, "acceleration, all models", "ratio", pub.ACCELERATION, None,
              eras.model_ratio, "ratio of lines through all models", (1.0, 1.0),
              note=f"{before.all_models.count} models before, {after.all_models.count} after"),
    ]  # fmt: skip
