"""Plots as a few numbers: what a template needs to draw them as SVG, without a plotting library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 340, 320
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 12, 46
HIGHEST = (0.08, 0.2, 0.4, 0.6, 1.0)  # of a plot of small shares: a quarter of each is a number to read
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with its interval and what a reader is told about it; ``low`` and ``high`` are equal without one."""

    x: float
    y: float
    low: float
    high: float
    says: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A square plot of shares, across from 0 to 1; positions are in the units of a ``WIDTH`` by ``HEIGHT`` box.

    Parameters
    ----------
    id : str
        Unique in the report.
    title, says : str
        What it shows, and what is seen: read aloud where it cannot be looked at.
    x_label, y_label : str
    line : str
        Points of the main line as SVG writes them; '' for none.
    reference : str
        Points of the line to compare with.
    reference_label : str
        What the reference line means.
    marks : tuple of Mark
    highest : float
        The share at its upper edge.
    """

    id: str
    title: str
    says: str
    x_label: str
    y_label: str
    line: str
    reference: str
    reference_label: str
    marks: tuple[Mark, ...] = ()
    highest: float = 1.0

    width: int = WIDTH
    height: int = HEIGHT

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Positions and labels along the bottom."""
        return [(across(tick), f"{tick:g}") for tick in TICKS]

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Positions and labels along the left side."""
        return [(up(tick), f"{tick * self.highest:g}") for tick in TICKS]

    @property
    def frame(self) -> dict[str, float]:
        """Edges of the inner box."""
        return {"left": across(0), "right": across(1), "top": up(1), "bottom": up(0)}


def across(share: float) -> float:
    """Return the horizontal position of a share."""
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def up(share: float) -> float:
    """Return the vertical position of a share."""
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def points(pairs: Iterable[Sequence[float]]) -> str:
    """Return pairs of shares as the points of an SVG line."""
    return " ".join(f"{across(x)},{up(y)}" for x, y in pairs)


def plots_of(metrics: Mapping[str, Any]) -> dict[str, Plot]:
    """Return the plots that can be drawn from what ``measure`` returned: reliability, risk by reviews, two curves.

    Parameters
    ----------
    metrics : mapping of str to Any

    Returns
    -------
    dict of str to Plot
        Empty without a judged listing; without curves when there is one class only.
    """
    drawn = {}
    if metrics["reliability"]:
        drawn["reliability"] = _reliability(metrics["reliability"])
        drawn["review_risk"] = _review_risk(metrics["review_risk"])
    if metrics["curves"]["roc"] is not None:
        drawn["roc"] = _roc(metrics)
        drawn["precision_recall"] = _precision_recall(metrics)
    return drawn


def _reliability(bins: Sequence[Mapping[str, Any]]) -> Plot:
    marks = []
    for found in bins:
        low, high = found["share_imported_ci"] or (found["share_imported"],) * 2
        says = (
            f"{found['n']:,} listings with a probability of {found['p_low']:.2f} to {found['p_high']:.2f}: "
            f"{found['share_imported']:.0%} are imported"
        )
        marks.append(Mark(across(found["p_mean"]), up(found["share_imported"]), up(low), up(high), says))
    return Plot(
        id="reliability",
        title="Said and found: probabilities against the share that is imported",
        says=". ".join(mark.says for mark in marks) + ".",
        x_label="probability that the model gave",
        y_label="share found to be imported",
        line=points((found["p_mean"], found["share_imported"]) for found in bins),
        reference=points([(0, 0), (1, 1)]),
        reference_label="said = found",
        marks=tuple(marks),
    )


def _roc(metrics: Mapping[str, Any]) -> Plot:
    return Plot(
        id="roc",
        title="ROC: imported listings found against local ones disturbed",
        says=f"The area under the curve is {metrics['roc_auc']:.3f}; guessing gives 0.5, a perfect ranking 1.",
        x_label="share of local listings flagged",
        y_label="share of imported listings found",
        line=points(metrics["curves"]["roc"]),
        reference=points([(0, 0), (1, 1)]),
        reference_label="guessing",
    )


def _precision_recall(metrics: Mapping[str, Any]) -> Plot:
    share = metrics["n_imported"] / metrics["n"]
    return Plot(
        id="precision-recall",
        title="Precision and recall: how many of those flagged are imported",
        says=f"The average precision is {metrics['average_precision']:.3f}; guessing gives {share:.3f}.",
        x_label="share of imported listings found",
        y_label="share of flagged that is imported",
        line=points(metrics["curves"]["precision_recall"]),
        reference=points([(0, share), (1, share)]),
        reference_label="guessing",
    )


def _review_risk(found: Mapping[str, Any]) -> Plot:
    ends = [point["risk_ci"] or [point["risk"]] * 2 for point in found["points"]]
    highest = next(edge for edge in HIGHEST if max(high for _, high in ends) <= edge)

    def y(risk: float) -> float:
        return min(risk / highest, 1.0)

    marks = []
    for point, (low, high) in zip(found["points"], ends, strict=True):
        says = f"with {point['review_share']:.0%} left to a person {point['risk']:.1%} of the other answers are wrong"
        marks.append(Mark(across(point["review_share"]), up(y(point["risk"])), up(y(low)), up(y(high)), says))
    first = y(found["points"][0]["risk"])
    return Plot(
        id="review-risk",
        title="What reviews buy: wrong answers against the share left to a person",
        says="; ".join(mark.says for mark in marks) + ".",
        x_label="share of listings left to a person",
        y_label="share of the other answers that is wrong",
        line=points((review, y(risk)) for review, risk in found["curve"]),
        reference=points([(0, first), (1, first)]),
        reference_label="reviews drawn at random",
        marks=tuple(marks),
        highest=highest,
    )
