"""``umkm simulate`` and ``umkm check``."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Umkm
from tests.small_models import copy_of, files_below, market_file, plain_bundle
from umkm_classifier.simulate.market import simulate
from umkm_classifier.simulate.photos import plan


def write(name: str, rows: list[dict[str, str]]) -> Path:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted({column for row in rows for column in row}))
        writer.writeheader()
        writer.writerows(rows)
    return Path(name)


def test_simulate_writes_listings_and_their_truth(umkm: Umkm) -> None:
    done = umkm("simulate", "--rows", 30, "--seed", 4, "--no-photos", "--out", "demo")
    assert (done.code, done.out) == (0, "")
    assert sorted(path.name for path in Path("demo").iterdir()) == ["listings.csv", "truth.csv"]
    market = simulate(30, 4)
    with Path("demo/listings.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == market.records
    with Path("demo/truth.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == market.truth
    imported = sum(record["label"] == "imported" for record in market.records)
    shops = len({record["shop_id"] for record in market.records})
    assert done.err == (f"demo: 30 made-up listings of {shops} shops ({imported} imported, {30 - imported} local)\n")


@pytest.mark.parametrize("option", [(), ("--photos",)])
def test_simulate_draws_photos_unless_told_not_to_and_the_table_reads_as_before(
    umkm: Umkm, option: tuple[str, ...]
) -> None:
    done = umkm("simulate", "--rows", 12, "--seed", 4, *option, "--out", "demo")
    assert (done.code, done.out) == (0, "")
    n_photos = len(list(Path("demo/photos").glob("*.jpg")))
    assert n_photos >= 10
    assert done.err.endswith(f" local), {n_photos} photos\n")
    said = umkm("check", "demo/listings.csv").json
    with Path("demo/listings.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    assert said["filled"]["photos"] == round(sum(bool(record["photos"]) for record in records) / 12, 4)
    for record in records:
        assert all(Path("demo", path).is_file() for path in record["photos"].split(";") if path)
    assert sum(len(record["photos"].split(";")) for record in records if record["photos"]) == n_photos


def test_simulate_counts_one_of_each_as_one(umkm: Umkm) -> None:
    for seed in range(20):
        market = simulate(1, seed)
        n_photos = sum(map(len, plan(market)))
        done = umkm("simulate", "--rows", 1, "--seed", seed, "--out", "demo")
        photos = "1 photo" if n_photos == 1 else f"{n_photos} photos"
        assert done.err == f"demo: 1 made-up listing of 1 shop (1 {market.records[0]['label']}), {photos}\n"
        if n_photos == 1:
            break
    assert n_photos == 1


def test_simulate_makes_800_listings_when_nobody_says_how_many(umkm: Umkm) -> None:
    assert umkm("simulate", "--no-photos", "--out", "demo").err.startswith("demo: 800 made-up listings of ")


def test_simulate_does_not_write_over_other_things(umkm: Umkm) -> None:
    Path("demo").mkdir()
    Path("demo/thesis.txt").write_text("ten years of work", encoding="utf-8")
    done = umkm("simulate", "--out", "demo")
    assert (done.code, done.out) == (5, "")
    assert done.err.startswith(
        "umkm: demo: expected an empty folder or an earlier simulated market, found other things"
    )
    assert [path.name for path in Path("demo").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "arguments",
    [("--rows", 0, "--out", "x"), ("--seed", -1, "--out", "x"), ("--seed", 2**31, "--out", "x"), ("--rows", 5)],
)
def test_simulate_refuses_a_call_that_it_cannot_read(umkm: Umkm, arguments: tuple[object, ...]) -> None:
    done = umkm("simulate", *arguments)
    assert (done.code, done.out) == (2, "")
    assert not Path("x").exists()


def test_check_says_what_is_in_a_table(umkm: Umkm) -> None:
    done = umkm("check", market_file())
    assert done.code == 0
    assert done.err == f"{market_file()}: 160 rows, 0 of them unusable\n"
    said = done.json
    records = simulate(160, 5).records
    imported = sum(record["label"] == "imported" for record in records)
    assert said["rows"] == 160
    assert said["rejected"] == 0
    assert said["labels"] == {"local": 160 - imported, "imported": imported}
    assert set(said["label_sources"]) == {"simulated_brand", "simulated_declared"}
    assert said["shops"] == len({record["shop_id"] for record in records})
    assert said["filled"]["title"] == 1.0
    assert said["filled"]["brand"] == round(sum(bool(record["brand"]) for record in records) / 160, 4)
    assert said["filled"]["price"] == round(sum(bool(record["price"]) for record in records) / 160, 4)
    assert said["filled"]["attributes"] == round(sum(record["attributes"] != "" for record in records) / 160, 4)
    assert list(said["filled"]) == [
        "title", "description", "category", "shop_id", "shop_name", "shop_city", "ships_from", "brand", "attributes",
        "photos", "listed_at", "price",
    ]  # fmt: skip
    assert (said["remarks"], said["labels_contradict"]) == ([], [])
    assert sum(said["goods"].values()) == 160
    assert said["rejects"] == {}


def test_check_names_what_was_not_used_ten_at_most_without_showing_it(umkm: Umkm) -> None:
    rows = [{"title": f"rahasia {at}", "price": "-5000" if at < 12 else "Rp5.000"} for at in range(200)]
    done = umkm("check", write("prices.csv", rows))
    assert done.code == 0
    lines = done.err.splitlines()
    assert lines[:3] == [
        "prices.csv: 200 rows, 0 of them unusable",
        "prices.csv: 12 cells or rows were not used (rows are counted from 0):",
        "  row 0, price: price_negative: a price above 0 expected, found a negative one; the cell is left empty",
    ]
    assert len(lines) == 13
    assert lines[-1] == "  … and 2 more"
    assert "rahasia" not in done.err
    assert done.json["rejects"] == {"price_negative": 12}
    assert done.json["labels"] == {"none": 200}  # a table for scoring needs no labels


def test_check_counts_one_cell_as_one(umkm: Umkm) -> None:
    done = umkm("check", write("one.csv", [{"title": "a", "price": "-1"}, {"title": "b", "price": "5000"}]))
    assert "one.csv: 1 cell or row was not used (rows are counted from 0):\n" in done.err


@pytest.mark.parametrize(("options", "code"), [((), 6), (("--max-rejects", 0.19), 6), (("--max-rejects", 0.2), 0)])
def test_check_ends_with_6_when_too_much_is_unusable(umkm: Umkm, options: tuple[object, ...], code: int) -> None:
    rows = [{"title": "kain" if at >= 4 else "", "price": "5000"} for at in range(20)]
    done = umkm("check", write("t.csv", rows), *options)
    assert done.code == code
    assert done.json["rejected"] == 4
    most = "19%" if options else "10%"
    sentence = (
        f"umkm: t.csv: at most {most} unusable rows expected, found 4 of 20. 'umkm check t.csv' names them; mend the "
        "table or raise --max-rejects.\n"
    )
    assert done.err.endswith(sentence) is (code == 6)


def test_check_ends_with_3_for_labels_that_training_would_refuse(umkm: Umkm) -> None:
    rows = [{"title": f"kain {at}", "label": "loakl" if at < 3 else "imported"} for at in range(20)]
    done = umkm("check", write("t.csv", rows))
    assert done.code == 3
    assert done.json["labels"] == {"none": 3, "imported": 17}
    assert done.err.endswith(
        "umkm: label: expected 'local' or 'imported', found 'loakl' (3 rows, the first is row 0). Did you mean "
        "'local'?\n"
        "Correct these cells (rows are counted from 0), or empty them to leave their rows without a label.\n"
    )


def test_check_ends_with_3_for_one_id_with_two_labels_as_training_does(umkm: Umkm) -> None:
    rows = simulate(100, 6).records
    other = "local" if rows[0]["label"] == "imported" else "imported"
    rows[5] = {**rows[0], "label": other}
    table = write("t.csv", rows)
    done = umkm("check", table)
    assert done.code == 3
    assert done.json["rows"] == 100
    said = done.err[done.err.index("umkm: ") :]
    assert said == (
        f"umkm: id '{rows[0]['id']}': one label expected, found '{rows[0]['label']}' in row 0, '{other}' in row 5.\n"
        "Decide on one label for each id (rows are counted from 0), or give different listings different ids.\n"
    )
    trained = umkm("train", table, "--out", "mine", "--no-track")
    assert (trained.code, trained.err) == (3, said)


def test_check_ends_with_3_for_too_few_shops_as_training_does(umkm: Umkm) -> None:
    table = write("t.csv", [{**row, "shop_id": "s1"} for row in simulate(60, 6).records])
    done = umkm("check", table)
    assert done.code == 3
    assert done.json["shops"] == 1
    said = done.err[done.err.index("umkm: ") :]
    assert said == (
        "umkm: the rows cannot be split: two folds need at least 2 groups (shops, with near-duplicate texts united) of "
        "each class, found 1 with local and 1 with imported listings, 1 in all. Label listings of more shops.\n"
    )
    trained = umkm("train", table, "--out", "mine", "--no-track")
    assert (trained.code, trained.err) == (3, said)


def test_check_without_the_packages_of_training_says_what_it_did_not_look_at(
    umkm: Umkm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasketch", None)
    done = umkm("check", market_file())
    assert done.code == 0
    assert done.err == (
        f"{market_file()}: 160 rows, 0 of them unusable\n"
        "  note: nobody looked whether shops can be divided into folds: this needs the package 'datasketch', which is "
        "not installed. Install it with: pip install 'umkm-classifier[train]'\n"
    )


def test_check_names_listings_that_contradict_each_other_and_rows_without_a_shop(umkm: Umkm) -> None:
    rows = [{**row, "shop_id": ""} if at < 7 else row for at, row in enumerate(simulate(100, 6).records)]
    other = "local" if rows[0]["label"] == "imported" else "imported"
    rows.append({**rows[0], "id": "again", "title": rows[0]["title"].upper(), "label": other})
    done = umkm("check", write("t.csv", rows))
    assert done.code == 0
    remarks = [
        "no_shop_id: 8 of 101 labelled listings name no shop; each counts as a shop of its own, so figures may look "
        "better than they are",
        "labels_contradict: 1 text stands in local and in imported listings, and one label is likely wrong; 'umkm "
        "check' names them",
    ]
    assert done.json["remarks"] == remarks
    assert done.json["labels_contradict"] == [[rows[0]["id"], "again"]]
    assert done.err.splitlines() == [
        "t.csv: 101 rows, 0 of them unusable",
        *(f"  note: {remark}" for remark in remarks),
        f"    the same text, labelled differently: '{rows[0]['id']}', 'again'",
    ]


def test_a_row_that_says_nothing_is_told_without_a_word_that_puzzles(umkm: Umkm) -> None:
    done = umkm("check", write("t.csv", [{"title": "", "price": "5000"}, *({"title": "kain"} for _ in range(20))]))
    assert done.code == 0
    assert done.err == (
        "t.csv: 21 rows, 1 of them unusable\n"
        "t.csv: 1 cell or row was not used (rows are counted from 0):\n"
        "  row 0, title: no_content: a title, a description or a photo expected, found nothing to judge by; the row is "
        "not scored\n"
    )


def test_simulate_into_a_model_ends_with_5_and_leaves_it_whole(umkm: Umkm) -> None:
    copy_of(plain_bundle(), Path().absolute()).rename("mine")
    done = umkm("simulate", "--rows", 5, "--out", "mine/market")
    assert (done.code, done.out) == (5, "")
    assert done.err == (
        "umkm: mine/market: a folder outside of any model expected, found that it lies in the bundle "
        f"{Path('mine').absolute()}, which would be spoilt. Choose another folder.\n"
    )
    assert files_below(Path("mine")) == files_below(plain_bundle())


def test_fault_47_check_takes_a_table_without_rows(umkm: Umkm) -> None:
    Path("empty.csv").write_text("title,price\n", encoding="utf-8")
    done = umkm("check", "empty.csv")
    assert (done.code, done.json["rows"], done.json["filled"]["title"]) == (0, 0, 0.0)


def test_check_reads_the_columns_that_a_config_maps(umkm: Umkm) -> None:
    table = write("t.csv", [{"nama": "kain batik", "harga": "Rp5.000"}])
    assert umkm("check", table).code == 3
    Path("c.toml").write_text('[columns]\ntitle = "nama"\n', encoding="utf-8")
    assert umkm("check", table, "--config", "c.toml").json["filled"]["title"] == 1.0
    assert umkm("check", table, "--set", 'columns={title="nama"}').json["rows"] == 1


def test_check_reads_jsonl(umkm: Umkm) -> None:
    Path("t.jsonl").write_text(json.dumps({"title": "kain", "label": "lokal"}) + "\n", encoding="utf-8")
    done = umkm("check", "t.jsonl")
    assert done.code == 3  # one class alone cannot be learned, which is what a check is for
    assert done.json["labels"] == {"local": 1}


@pytest.mark.parametrize("name", ["nowhere.csv", "table.xlsx", "pipe.csv"])
def test_check_ends_with_3_for_what_is_no_table(umkm: Umkm, name: str) -> None:
    import os

    if name == "pipe.csv":
        os.mkfifo(name)
    if name == "table.xlsx":
        Path(name).write_bytes(b"PK")
    done = umkm("check", name)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"umkm: {name}: ")
    assert "Traceback" not in done.err
