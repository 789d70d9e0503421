"""Judging a model on a table, and by folds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.small_models import market_file, plain_bundle, small_config
from umkm_classifier.bundle import load_bundle
from umkm_classifier.config import TrainConfig
from umkm_classifier.encoders.text import NoEncoder
from umkm_classifier.evaluation import evaluate
from umkm_classifier.evaluation.evaluate import (
    evaluate_model,
    fingerprint,
    label_sources,
    out_of_fold,
    overlap,
    row_hashes,
    without_admissions,
    write_rows,
)
from umkm_classifier.listings.listing import Listings
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.listings.table import read
from umkm_classifier.model.origin import OriginModel
from umkm_classifier.simulate.market import simulate

ROWS = (
    {"id": "a", "title": "Kain batik", "shop_id": "s1", "price": "Rp450.000", "label": "local", "label_source": "hand"},
    {"id": "b", "title": "Tas import Korea", "shop_id": "s2", "label": "imported", "label_source": "brand"},
    {"id": "c", "title": "Sajadah", "shop_id": "s3"},
)


def table(rows: Sequence[dict[str, Any]] = ROWS) -> Listings:
    return prepare(rows)[0]


def changed(row: int, **cells: str) -> Listings:
    return table([{**one, **cells} if at == row else one for at, one in enumerate(ROWS)])


@pytest.fixture(scope="module")
def model() -> OriginModel:
    return load_bundle(plain_bundle()).model


@pytest.fixture(scope="module")
def market() -> Listings:
    return table(simulate(120, 31).records)


@pytest.mark.parametrize("cell", ["title", "description", "category", "brand", "shop_id", "shop_name", "shop_city"])
def test_a_row_hash_changes_with_what_is_read_of_the_row(cell: str) -> None:
    before, after = row_hashes(table()), row_hashes(changed(1, **{cell: "lain"}))
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert before[2] == after[2]


def test_a_row_hash_is_short_and_the_same_whatever_the_row_is_called_and_labelled() -> None:
    relabelled = changed(1, id="other", label="local", label_source="x")
    assert row_hashes(relabelled) == row_hashes(table())
    assert {len(one) for one in row_hashes(table())} == {16}
    assert len(set(row_hashes(table()))) == 3


def test_texts_that_move_to_another_column_give_another_hash() -> None:
    assert row_hashes(table([{"title": "a b", "brand": ""}])) != row_hashes(table([{"title": "a", "brand": "b"}]))


@pytest.mark.parametrize("cells", [{"label": "local"}, {"title": "Tas"}, {"price": "1000"}, {"shop_id": "s9"}])
def test_the_fingerprint_of_a_table_changes_with_labels_texts_and_prices(cells: dict[str, str]) -> None:
    assert fingerprint(changed(1, **cells)) != fingerprint(table())


def test_the_fingerprint_is_that_of_the_rows_in_their_order() -> None:
    assert fingerprint(table()) == fingerprint(table([dict(row) for row in ROWS]))
    assert fingerprint(table(ROWS[::-1])) != fingerprint(table())
    assert len(fingerprint(table())) == 64


def test_overlap_is_the_share_of_rows_that_were_learned_from() -> None:
    known = frozenset(row_hashes(table(ROWS[:2])))
    assert overlap(table(), known) == pytest.approx(2 / 3)
    assert overlap(table([*ROWS, {"price": "25rb"}]), known) == pytest.approx(2 / 3)  # nothing in it: it cannot overlap
    assert overlap(table(), frozenset()) == 0.0
    assert overlap(table([]), known) == 0.0


def test_label_sources_are_those_of_labelled_rows() -> None:
    assert label_sources(table([*ROWS, {"title": "x", "label_source": "nobody"}])) == ("brand", "hand")


def test_statements_of_foreign_origin_are_taken_out_and_nothing_else() -> None:
    masked = without_admissions(table())
    assert list(masked.column("title")) == ["Kain batik", "Tas", "Sajadah"]
    for name in ("id", "shop_id", "label"):
        assert list(masked.column(name)) == list(table().column(name))


def test_a_model_is_measured_whole_and_each_view_alone(model: OriginModel, market: Listings) -> None:
    metrics = evaluate_model(model, market, redraws=20)
    assert set(metrics["signals"]) == set(model.fusion.names)
    assert metrics["n"] == 120
    assert 0.5 < metrics["roc_auc"] < 1
    assert metrics["origin_words_masked"]["n"] == 120


def test_rejected_rows_are_counted_and_judged_nowhere(model: OriginModel, market: Listings) -> None:
    with_empty = table([*simulate(120, 31).records, {"label": "local", "price": "1000"}, {"label": "imported"}])
    metrics = evaluate_model(model, with_empty, redraws=20)
    assert (metrics["n"], metrics["n_rejected"]) == (120, 2)
    assert metrics["roc_auc"] == evaluate_model(model, market, redraws=20)["roc_auc"]


def test_fault_61_a_table_of_one_class_has_reasons_where_it_has_no_figures(
    model: OriginModel, market: Listings
) -> None:
    local = market[np.flatnonzero(market.is_imported == 0)]
    metrics = evaluate_model(model, local, redraws=20)
    assert metrics["roc_auc"] is None
    assert metrics["roc_auc_reason"] == f"every labelled listing is 'local' ({len(local)}); both classes are needed"
    assert 0 <= metrics["brier"] <= 1


def test_out_of_fold_no_shop_is_scored_by_a_model_that_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[set[str]] = []
    scored: list[set[str]] = []
    real = evaluate.fit_model

    def fit(listings: Listings, config: TrainConfig, encoder: Any) -> OriginModel:
        learned.append(set(listings.column("shop_id")))
        return real(listings, config, encoder)

    def admitting_nothing(listings: Listings) -> Listings:
        scored.append(set(listings.column("shop_id")))
        return listings

    monkeypatch.setattr(evaluate, "fit_model", fit)
    monkeypatch.setattr(evaluate, "without_admissions", admitting_nothing)
    listings, _ = read(market_file())
    found = out_of_fold(listings, small_config(folds=3, signals=("words",)), NoEncoder())
    judged, p, p_masked, alone = found.listings, found.p_imported, found.p_masked, found.alone
    assert set(found.decisions) == {"review"}  # of no family were enough shops labelled
    assert len(learned) == len(scored) == 3
    for saw, was_asked in zip(learned, scored, strict=True):
        assert was_asked
        assert not saw & was_asked
    assert set.union(*scored) == set(listings.column("shop_id"))
    assert np.isfinite(p).all()
    assert np.array_equal(p, p_masked)
    assert len(judged) == len(p) == len(listings)
    assert {len(column) for column in alone.values()} == {len(p)}


def test_out_of_fold_leaves_out_rows_without_a_label_or_without_content() -> None:
    records = simulate(120, 5).records
    rows = [*records, {"title": "tanpa label"}, {"label": "local"}]
    found = out_of_fold(table(rows), small_config(signals=("words",)), NoEncoder())
    judged, p = found.listings, found.p_imported
    assert list(judged.column("id")) == [record["id"] for record in records]
    assert len(p) == 120


def test_out_of_fold_scores_are_written_a_row_a_listing(tmp_path: Path) -> None:
    p = np.array([0.25, np.nan, 0.125])
    alone = {"words.text": np.array([-1.5, np.nan, 2.0]), "facts.fields": np.array([np.nan, 0.1, 1 / 3])}
    rows = [dict(ROWS[0], id='a, "quoted"'), *ROWS[1:]]
    path = write_rows(tmp_path / "made/here", table(rows), p, alone)
    assert path == tmp_path / "made/here/out_of_fold.csv"
    assert path.read_bytes().decode() == (
        "id,shop_id,label,p_imported,words.text,facts.fields\n"
        '"a, ""quoted""",s1,local,0.25,-1.5,\n'
        "b,s2,imported,,,0.1\n"
        "c,s3,,0.125,2.0,0.3333333333333333\n"
    )
    assert [file.name for file in path.parent.iterdir()] == ["out_of_fold.csv"]


def test_scores_that_cannot_be_written_leave_the_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_rows(tmp_path, table(), np.zeros(3), {})
    before = path.read_bytes()
    real = Path.write_bytes

    def half(self: Path, content: bytes) -> int:
        real(self, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        write_rows(tmp_path, table(), np.ones(3), {})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["out_of_fold.csv"]


def test_an_expected_share_corrects_what_is_measured_of_probabilities_and_no_decision(
    model: OriginModel, market: Listings
) -> None:
    usual, corrected = (
        evaluate_model(model, market, redraws=0, expected_share_imported=share) for share in (None, 0.05)
    )
    assert (usual["expected_share_imported"], corrected["expected_share_imported"]) == (None, 0.05)
    assert corrected["log_loss"] != usual["log_loss"]
    for key in ("roc_auc", "review_rate", "local_flagged_rate", "imported_passed_rate", "promise"):
        assert corrected[key] == usual[key]
    assert usual["promise"] is None
    assert usual["promise_reason"].startswith("nothing is promised: these thresholds had the least mean cost")
