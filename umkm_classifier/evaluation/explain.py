"""What the words of a report mean, for people who were not there when it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from umkm_classifier.evaluation.slices import NOT_NAMED, OTHERS
from umkm_classifier.model.prices import times_makers_price
from umkm_classifier.model.reasons import REST

FEW_SHOPS = 30  # below it an interval is rough itself

FEW_LISTINGS = 10  # a slice of fewer says nothing

SIGNALS = {
    "words": "words and parts of words in title and description",
    "meaning": "what title and description mean, by a sentence encoder",
    "facts": "price for its good, place, brand, attributes, style",
    "cues": "named evidence of trade, hand-set",
    "looks": "photos",
    "reuse": "photos that other shops show too",
    "writing": "writing found on photos",
    "joint": "text and photos together",
}

LABEL_SOURCES = {
    "brand_country": "the country of the brand; the thing itself may be made elsewhere",
    "negara_asal": "what the seller declared as country of origin (Negara Asal)",
    "dikirim_dari": "shipped from abroad, by the seller's own word",
    "bpom_number": "the country in the cosmetics registration number",
    NOT_NAMED: "the table does not say where these labels come from",
    OTHERS: "all sources with fewer listings",
}

STRESSES = {
    "claims": "A claim of local origin is added",
    "declared_origin": "The declared origin is changed",
    "origin_statements": "Statements of foreign origin are taken out",
    "photo_quality": "Poor photos",
    "text_quality": "Poor text",
    "fields_emptied": "Empty fields",
    "prompt": "Text that gives orders to a program",
    "adaptive": "An attacker who knows the model",
}

BARS = {
    "max_shift": "no score moves:",
    "local_flagged": "local to imported at most",
    "imported_passed": "imported to local at most",
}

SLICINGS = {
    "good_family": "Kind of good",
    "good": "Good",
    "province": "Province of the shop",
    "brand": "Brand",
    "city": "City of the shop",
    "description": "Description",
    "fields_given": "Fields given beside the title, of nine",
    "text_length": "Length of title and description",
    "price_idr": "Price",
    "photo": "First photo",
    "shop_size": "Listings of the shop in this table",
    "label_source": "Label source",
}


def is_simulated(label_source: str) -> bool:
    """Whether labels come from ``umkm simulate``."""
    return label_source.startswith("simulated")


def source_says(label_source: str) -> str:
    """Return what kind of label a source gives; '' when unknown."""
    if is_simulated(label_source):
        return "made up by umkm simulate: no real listing stands behind it"
    return LABEL_SOURCES.get(label_source, "")


def writing_says(read: bool | None, unread: Sequence[str] = ()) -> str:
    """Return whether writing on photos was read; None: no signal asks for it. ``unread``: scripts that cannot be."""
    if read is None:
        return "Writing on photos was not read: it is not among the signals"
    if read and unread:
        return f"Writing on photos was read, but no {' or '.join(unread)} letters: Tesseract's data for them is missing"
    if read:
        return "Writing on photos was read"
    return "Writing on photos was not read: the extra 'ocr' is not installed"


def most_without_error(n_shops: int) -> float:
    """Return the largest rate that ``n_shops`` shops without an error leave possible, one-sided at 95 %."""
    return float(1 - 0.05 ** (1 / n_shops))


def worst_slice_says(metrics: Mapping[str, Any]) -> str:
    """Return which slice fares worst, in a sentence; '' where that was not looked for."""
    if "worst_slice" not in metrics:
        return ""
    worst = metrics["worst_slice"]
    if worst is None:
        return f"No worst slice: {metrics['worst_slice_reason']}."
    low, high = worst["local_flagged_rate_ci"]
    return (
        f"Worst slice: {slice_named(worst['slicing'], worst['value'])}: {worst['local_flagged_rate']:.1%} of a shop's "
        f"local listings are called imported ({100 * low:.1f} to {high:.1%}), {worst['n_local_shops']:,} shops."
    )


def worst_slice_warning(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning where the worst slice's interval excludes the promise, else nothing."""
    worst = metrics.get("worst_slice")
    if not worst or not worst["beyond"]:
        return ()
    others = len(worst["beyond"]) - 1
    more = f" So is that of {others} more of {worst['n_slices']} slices." if others else ""
    return (
        f"{worst_slice_says(metrics)} The whole interval is beyond the {worst['at_most']:.1%} that is promised over "
        f"all listings.{more}",
    )


def shown_slices(metrics: Mapping[str, Any]) -> list[tuple[str, dict[str, Mapping[str, Any]]]]:
    """Return slicings with the slices that say something; the worst is always among them."""
    worst = metrics.get("worst_slice") or {"slicing": None, "value": None}
    at_all = []
    for slicing, values in metrics["slices"].items():
        is_worst = slicing == worst["slicing"]
        kept = {
            value: found
            for value, found in values.items()
            if found["n"] >= FEW_LISTINGS or (is_worst and value == worst["value"])
        }
        at_all += [(slicing, kept)] if kept else []
    return at_all


def slice_named(slicing: str, value: str) -> str:
    """Return a slice in words: ``'photo: dark'``."""
    return f"{SLICINGS.get(slicing, slicing).lower()}: {value_named(slicing, value)}"


def value_named(slicing: str, value: str) -> str:
    """Return a value of a slicing in words: names of goods are those of columns elsewhere."""
    return value.replace("_", " ") if slicing in ("good_family", "good") else value


def reason_says(reason: Mapping[str, Any]) -> str:
    """Return a reason of ``worst_errors`` in words: signal, source, and the evidence where it may be told."""
    signal, source, evidence = (reason[key] for key in ("signal", "source", "evidence"))
    if signal == "prior":
        return "what holds for every listing"
    where = signal if source in ("base", signal) else f"{signal}, {source}"
    if evidence is None:
        return f"{where}: words or names of the listing"
    price = times_makers_price(evidence)
    if price is not None and price[0] >= 10:  # '2.6e+02 times' is no way to say it
        evidence = f"price: {price[0]:,.0f} times what makers ask for {price[1].replace('_', ' ')}"
    return f"{where}: {'the rest' if evidence == REST else evidence}" if evidence else where


def cautions(metrics: Mapping[str, Any], label_sources: Sequence[str], overlap: float | None) -> list[str]:
    """Return what a reader must know before any figure, the weightiest first.

    Parameters
    ----------
    metrics : mapping of str to Any
        From ``measure``.
    label_sources : sequence of str
    overlap : float or None
        Share of the listings that the model was trained on; None when unknown.

    Returns
    -------
    list of str
    """
    found = []
    if label_sources and all(is_simulated(source) for source in label_sources):
        found.append(
            "These listings are simulated. The figures say that the parts work together; they say nothing about real "
            "listings."
        )
    if overlap is not None and overlap > 0:
        found.append(
            f"The model was trained on {max(overlap, 0.001):.1%} of these listings. It knows them, so the figures are "
            "too good. Judge it on listings of other shops."
        )
    found += worst_slice_warning(metrics)
    one_class = metrics.get("roc_auc_reason")
    if one_class:
        found.append(f"Little can be said: {one_class}.")
    few = [
        f"{metrics[key]:,} {of}"
        for key, of in (("n_local_shops", "with local listings"), ("n_imported_shops", "with imported ones"))
        if 0 < metrics[key] < FEW_SHOPS
    ]
    if few:
        found.append(f"Few shops stand behind this: {' and '.join(few)}. Read the intervals rather than the figures.")
    interval = metrics.get("roc_auc_ci")
    if interval and interval[0] <= 0.5 <= interval[1]:
        found.append("On these listings the model cannot be told from guessing: its interval holds 0.5.")
    if interval and interval[1] < 0.5:
        found.append("On these listings the model ranks worse than guessing. Do not use it here.")
    return found
