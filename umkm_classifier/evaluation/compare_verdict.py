"""Promote the challenger or keep the champion: the rules, each with its sentence.

A challenger is promoted when all of them hold; whatever cannot be decided keeps the champion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from umkm_classifier.evaluation.compare import Asked, Promised

PROMOTE, KEEP = "promote", "keep"
# A loss of ranking that a person would not notice: in one of a hundred pairs of an imported and a local listing the
# order is wrong that was right. Asking for an interval above 0 instead would refuse every small honest step, such as
# the same model trained on more rows.
MARGIN = 0.01
FEWEST_ROWS = 50
FEWEST_SHOPS = 20  # of each class; percentile intervals over fewer are far too narrow
MOST_SILENT = 0.01  # of the rows that the champion answers
NAMES = {"roc_auc": "AUC", "average_precision": "average precision"}
DOES = {
    "local_flagged_rate": "local listings decided imported",
    "imported_passed_rate": "imported listings decided local",
}


class Rule(NamedTuple):
    """A rule, whether it holds, and its sentence."""

    rule: str
    holds: bool
    says: str


def too_few(asked: Asked) -> list[Rule]:
    """Return why nothing can be decided on these rows; empty when it can."""
    judged = asked.judged
    found = []
    if len(judged) < FEWEST_ROWS:
        says = f"too few rows that neither has seen: at least {FEWEST_ROWS} are needed, there are {len(judged)}"
        found.append(Rule("rows", False, says + _left_out(asked.n_seen)))
    for label in ("local", "imported"):
        n_shops = judged.shops_of(label == "imported")
        if n_shops < FEWEST_SHOPS:
            says = f"too few shops with {label} listings: at least {FEWEST_SHOPS} are needed, there are {n_shops}"
            found.append(Rule(f"{label}_shops", False, says + _left_out(asked.n_seen)))
    return found


def _left_out(n_seen: int) -> str:
    return f" ({n_seen} listings that a model has learned from were left out)" if n_seen else ""


def rules(
    asked: Asked, figures: Mapping[str, Mapping[str, Any]], promised: Promised, stressed: Mapping[str, Any]
) -> list[Rule]:
    """Return all rules, in the order in which they are told.

    Parameters
    ----------
    asked : Asked
    figures : mapping
        From ``compared_figures``.
    promised : Promised
        What the challenger has to keep.
    stressed : mapping
        From ``stressed_both``.
    """
    return [
        _answers(asked),
        *(_not_worse(key, figures[key]) for key in NAMES),
        _better(figures),
        *(_keeps(key, figures[key], at_most) for key, at_most in promised._asdict().items()),
        _stress(stressed),
    ]


def verdict_of(found: list[Rule]) -> tuple[str, tuple[str, ...]]:
    """Return ``'promote'`` or ``'keep'``, and why: what every rule says, or those that do not hold."""
    broken = tuple(rule.says for rule in found if not rule.holds)
    if broken or not found:
        return KEEP, broken
    return PROMOTE, tuple(rule.says for rule in found)


def _answers(asked: Asked) -> Rule:
    n, n_champion = asked.n_silent_challenger, len(asked.judged) + asked.n_silent_challenger
    says = f"the challenger gives no answer about {n} of {n_champion} listings that the champion answers"
    return Rule("answers", n <= MOST_SILENT * n_champion, f"{says}; at most {MOST_SILENT:.0%} may be")


def _not_worse(key: str, found: Mapping[str, Any]) -> Rule:
    name, ends = NAMES[key], found["difference_ci"]
    if ends is None:
        return Rule(key, False, f"{name}: no interval of the difference ({_why(found, 'difference')})")
    both = f"challenger {found['challenger']:.3f}, champion {found['champion']:.3f}"
    says = f"{name}: {both}, difference {found['difference']:+.4f} ({ends[0]:+.4f} to {ends[1]:+.4f})"
    if ends[0] < -MARGIN:
        return Rule(key, False, f"{says}: it may be worse by more than {MARGIN:g}")
    return Rule(key, True, f"{says}: not worse by more than {MARGIN:g}")


def _better(figures: Mapping[str, Mapping[str, Any]]) -> Rule:
    """Ask for a sign of a gain: the alias should not follow every model that is merely as good."""
    gains = list(_gains(figures))
    if gains:
        return Rule("better", True, f"better in {', '.join(gains)}")
    return Rule("better", False, "better in nothing: it ranks no better and leaves no fewer listings to people")


def _gains(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, name in NAMES.items():
        difference = figures[key]["difference"]
        if difference is not None and difference > 0:
            yield f"{name} ({difference:+.4f})"
    review = figures["review_rate"]
    if review["difference"] is not None and review["difference"] < 0:
        yield f"listings left to people ({review['champion']:.1%} to {review['challenger']:.1%})"


def _keeps(key: str, found: Mapping[str, Any], at_most: float) -> Rule:
    ends = found["challenger_ci"]
    if ends is None:
        return Rule(key, False, f"{DOES[key]}: no interval of the rate ({_why(found, 'challenger')})")
    says = f"{DOES[key]}: {found['challenger']:.1%} of a mean shop's ({ends[0]:.1%} to {ends[1]:.1%})"
    if ends[0] > at_most:
        return Rule(key, False, f"{says}: the promise of at most {at_most:.1%} is broken")
    return Rule(key, True, f"{says}: no contradiction to the promise of at most {at_most:.1%}")


def _stress(stressed: Mapping[str, Any]) -> Rule:
    broken, n_bars = stressed["newly_broken"], len(stressed["bars"])
    if not broken:
        return Rule("stress", True, f"under stress it breaks none of {n_bars} bars that the champion keeps")
    named = "; ".join(
        f"{bar['group']}, {bar['name']}: {bar['figure']} {bar['challenger']:.3g}, at most {bar['at_most']:g}"
        for bar in broken
    )
    says = f"under stress it breaks {len(broken)} of {n_bars} bars that the champion keeps"
    return Rule("stress", False, f"{says}: {named}")


def _why(found: Mapping[str, Any], name: str) -> str:
    return str(found.get(f"{name}_reason", found.get(f"{name}_ci_reason")))
