"""The catalogue: what stands in it, what does not, and that each cue fires on an example and nowhere else."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from umkm_classifier.listings import goods
from umkm_classifier.listings.goods import STORY_GOODS
from umkm_classifier.listings.places import place_of
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.cues_catalogue import FAMILIES, NOT_TEXT, Catalogue, Cue, catalogue, read_catalogue
from umkm_classifier.signals.cues_score import CueFinder

CUES = catalogue().cues
BY_ID = {cue.id: cue for cue in CUES}
EXAMPLES = tomllib.loads((Path(__file__).parents[1] / "data" / "cue_examples.toml").read_text(encoding="utf-8"))
STORY = {good for some in STORY_GOODS.values() for good in some}


def fired_ids(**listing: str) -> set[str]:
    (fired,) = CueFinder(catalogue()).fired(prepare([listing])[0])
    return {CUES[at].id for at in fired}


def each(cues: list[Cue]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("cue", cues, ids=lambda cue: cue.id)


def test_there_are_at_least_two_hundred_cues_in_eleven_families() -> None:
    assert len(CUES) >= 200
    assert set(Counter(cue.family for cue in CUES)) == set(FAMILIES)
    assert len(FAMILIES) == 11


def test_the_technique_of_the_craft_is_the_largest_family() -> None:
    assert Counter(cue.family for cue in CUES).most_common(1)[0][0] == "technique"


@each(list(CUES))
def test_a_cue_has_a_prior_in_halves_a_reason_and_a_sentence_in_both_languages(cue: Cue) -> None:
    assert (cue.prior * 2).is_integer()
    assert -1.5 <= cue.prior <= 1.5
    assert cue.why
    assert set(cue.say) == {"id", "en"}
    assert all(sentence.endswith(".") for sentence in cue.say.values())


@each(list(CUES))
def test_a_cue_looks_where_its_family_looks(cue: Cue) -> None:
    assert bool(cue.places) == (cue.family == "place")
    assert (cue.price_idr is not None) == (cue.family == "price")
    assert bool(cue.patterns) or cue.family in NOT_TEXT
    assert not (cue.family == "place" and (cue.patterns or cue.unless))


@each([cue for cue in CUES if cue.family in NOT_TEXT])
def test_places_and_prices_count_for_named_goods_only(cue: Cue) -> None:
    assert cue.goods
    if cue.family == "price":
        assert cue.goods <= STORY
        assert cue.price_idr is not None
        assert 0 < cue.price_idr[0] < cue.price_idr[1]
    assert all(str(place_of(place)) == place for place in cue.places)


@pytest.mark.parametrize(
    "cue",
    [
        "trade.wholesale", "trade.supplier", "trade.codes", "trade.least_order", "trade.marks", "trade.per_kilo",
        "material.dozens", "material.packs", "order.reseller_welcome", "order.same_day", "making.big_maker",
    ],
)  # fmt: skip
def test_what_makers_and_traders_both_write_and_marks_weigh_nothing(cue: str) -> None:
    assert BY_ID[cue].prior == 0.0


def test_the_marks_are_named_and_weigh_nothing() -> None:
    for mark in ("Batikmark", "P-IRT", "NIB", "TKDN", "halal", "SNI"):
        assert fired_ids(title=f"Keripik pisang {mark}") == {"trade.marks"}


@pytest.mark.parametrize(
    "claim",
    [
        "lokal", "asli Solo", "handmade", "UMKM", "pengrajin", "rumahan", "produksi sendiri", "buatan tangan",
        "karya anak bangsa", "home industry", "kerajinan tangan", "buatan Indonesia", "bukan barang pabrik",
        "skala kecil", "khas Pekalongan", "Laweyan", "Troso",
    ],
)  # fmt: skip
def test_a_claim_has_no_pattern_even_unmasked(claim: str) -> None:
    assert [at for at in catalogue().scanner.fired(claim) if at < len(CUES)] == []


def test_every_cue_has_one_example_and_every_example_a_cue() -> None:
    assert EXAMPLES.keys() == BY_ID.keys()


@pytest.mark.parametrize("cue", EXAMPLES)
def test_a_cue_fires_on_its_example(cue: str) -> None:
    assert cue in fired_ids(**EXAMPLES[cue])


# Two plain sentences for each family and direction, of goods that they apply to, and cues that they have to fire.
SENTENCES = {
    ("making", "local"): [
        ("Kain batik lawasan", "dibatik bu Parmi di teras rumah, sebulan paling dapat 4 lembar"),
        ("Tasbih kayu", "kami cuma 2 orang pembubut, kalau mendung jemur kayu jadi lama"),
    ],
    ("making", "imported"): [
        ("Sajadah", "diproduksi secara massal, teknologi cetak terbaru"),
        ("Tasbih", "dibuat dengan mesin cnc modern"),
    ],
    ("order", "local"): [
        ("Baju koko", "baru kami jahit setelah dp masuk"),
        ("Kain batik", "po 21 hari, antri ya"),
    ],
    ("order", "imported"): [
        ("Sajadah", "tdk bisa request warna"),
        ("Tasbih", "hanya memproses sesuai varian yang dipilih, hanya kirim sesuai pilihan"),
    ],
    ("uneven", "local"): [
        ("Kain batik", "garisnya kurang lurus, ada tetesan malam"),
        ("Tasbih kayu", "butirnya gak sama besar, tiap biji beda"),
    ],
    ("uneven", "imported"): [
        ("Kain batik", "hasil cetakan tajam dan jernih"),
        ("Tasbih", "butir rapi dan seragam"),
    ],
    ("material", "local"): [
        ("Kain batik", "mori primis halus"),
        ("Sajadah", "serat pandan, benang katun"),
    ],
    ("material", "imported"): [
        ("Sajadah", "polyster anti slip"),
        ("Tasbih", "manik akrilik, kepala alloy"),
    ],
    ("trade", "imported"): [
        ("Baju koko", "stok gudang ribuan pcs"),
        ("Sajadah", "barang baru tiba, motif dikirim acak"),
    ],
    ("size", "local"): [("Baju koko", "LD: 108 PB: 72"), ("Kemeja batik", "lingkar dada 110 panjang baju 74")],
    ("size", "imported"): [
        ("Baju koko", "Asian size, naik 1-2 ukuran"),
        ("Kemeja batik", "XL 65-75 kg, bust 114"),
    ],
    ("translated", "imported"): [
        ("Sajadah", "mohon izinkan perbedaan 2-3 cm, isi paket: 1 x sajadah"),
        ("Baju koko", "cocok untuk musim semi, bergaya dan nyaman"),
    ],
    ("technique", "local"): [
        ("Kain batik", "dicolet lalu dilorod, warna soga"),
        ("Tasbih", "kayu dibubut, dibor, dironce"),
    ],
    ("technique", "imported"): [
        ("Kain batik", "digital printing, satu sisi saja"),
        ("Tasbih", "counter lcd, baterai, menyala dalam gelap"),
    ],
    ("admission", "imported"): [
        ("Baju koko", "barang impor dari China"),
        ("Sajadah", "PO luar negeri, lewat bea cukai"),
    ],
}


@pytest.mark.parametrize(
    ("family", "direction", "title", "description"),
    [(*key, *listing) for key, listings in SENTENCES.items() for listing in listings],
)
def test_each_family_reads_plain_sentences_in_each_direction(
    family: str, direction: str, title: str, description: str
) -> None:
    found = [BY_ID[cue] for cue in fired_ids(title=title, description=description)]
    assert [cue for cue in found if cue.family == family and cue.direction == direction]


def test_sentences_and_examples_leave_out_no_family_and_direction() -> None:
    in_catalogue = {(cue.family, cue.direction) for cue in CUES if cue.prior and cue.family not in NOT_TEXT}
    assert set(SENTENCES) == in_catalogue


@pytest.mark.parametrize(
    ("title", "description"),
    [
        ("Baju koko", "kain import"),
        ("Baju koko", "bahan katun impor, kancing import"),
        ("Kemeja batik", "memakai benang import dan furing import"),
        ("Baju koko", "bukan import"),
        ("Baju koko", "tidak kalah dengan barang import"),
        ("Baju koko", "kualitas import, sekelas impor"),
        ("Baju koko", "lebih awet daripada koko import"),
        ("Baju koko", "apakah ini import?"),
        ("Baju koko", "mesin jahit dari China"),
        ("Baju koko", "kerah china"),
        ("Sajadah", "motif Turki"),
        ("Kebaya", "gaya peranakan china"),
        ("Kain batik", "sudah diekspor, laku di luar negeri"),
    ],
)
def test_an_imported_input_a_comparison_and_a_style_are_no_admission(title: str, description: str) -> None:
    assert [cue for cue in fired_ids(title=title, description=description) if cue.startswith("admission.")] == []


@pytest.mark.parametrize(
    "title", ["Baju koko import", "Koko impor murah", "Sajadah import Turki", "Tasbih imported", "Lampu meja import"]
)
def test_import_of_the_product_is_an_admission(title: str) -> None:
    assert "admission.imported" in fired_ids(title=title)


@pytest.mark.parametrize(
    ("cue", "title", "description"),
    [
        ("technique.electronic", "Lampu meja", "digital, lcd"),
        ("technique.canting", "Sepatu pria", "canting"),
        ("material.polyester_cloth", "Jaket pria", "polyester"),
        ("material.plant_fibre", "Parfum", "aroma pandan"),
        ("size.sewers_measures", "Tasbih", "LD 110"),
        ("technique.compass", "Tas ransel", "kompas"),
    ],
)
def test_a_cue_stays_silent_for_goods_it_says_nothing_about(cue: str, title: str, description: str) -> None:
    assert cue not in fired_ids(title=title, description=description)


@pytest.mark.parametrize(
    ("local", "imported"),
    [
        ("bordir komputer", "motif print"),
        ("tidak luntur karena dicolet pakai remasol", "anti kusut, anti statis"),
    ],
)
def test_computer_embroidery_is_no_sign_of_import(local: str, imported: str) -> None:
    assert not [cue for cue in fired_ids(title="Baju koko", description=local) if BY_ID[cue].direction == "imported"]
    title = "Baju koko" if "print" in imported else "Kain batik"
    assert [cue for cue in fired_ids(title=title, description=imported) if BY_ID[cue].direction == "imported"]


def test_a_catalogue_comes_back_from_its_lines_but_for_the_rationales() -> None:
    back = Catalogue.from_lines(catalogue().to_lines())
    assert [cue.id for cue in back.cues] == [cue.id for cue in CUES]
    for cue, was in zip(back.cues, CUES, strict=True):
        assert (cue.prior, cue.goods, cue.places, cue.price_idr) == (was.prior, was.goods, was.places, was.price_idr)
        assert (cue.patterns, cue.unless, cue.say, cue.why) == (was.patterns, was.unless, was.say, "")


CUE = 'id = "making.a"\nprior = 0.5\nwhy = "a"\nsay.id = "a."\nsay.en = "a."\n'


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            CUE + "weight = 1\n",
            "cues.toml, making.a: the parts that the head of the file explains expected, found ['weight'] too many and "
            "[] too few. Mend the entry.",
        ),
        (
            'id = "making.a"\nprior = 1\n',
            "cues.toml, making.a: the parts that the head of the file explains expected, found [] too many and "
            "['say', 'why'] too few. Mend the entry.",
        ),
        (
            CUE.replace("making.a", "mood.a"),
            "cues.toml, mood.a: an id that begins with one of making, order, uneven, material, trade, size, "
            "translated, technique, admission, place, price expected. Rename it.",
        ),
        (
            CUE + 'goods = ["batk"]\n',
            "cues.toml, making.a: a good, a group or a family of goods expected, found 'batk'. Mend it.",
        ),
        (
            CUE + "[[cue]]\n" + CUE,
            "cues.toml: ids that stand once each expected, found one twice. Rename one.",
        ),
    ],
)
def test_a_mistake_in_the_catalogue_is_named(entry: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_catalogue(f"[groups]\n[shorthand]\n[[cue]]\n{entry}")


def test_groups_and_families_of_goods_and_shorthand_are_spelt_out() -> None:
    text = f'[groups]\nall = ["some", "sarung"]\nsome = ["family:koko"]\n[shorthand]\nno = "(a|b)"\n[[cue]]\n{CUE}'
    (cue,) = read_catalogue(text + 'goods = ["all"]\npatterns = ["{no} kain"]\n').cues
    assert cue.goods == {good for good, family in goods.FAMILIES.items() if family == "koko"} | {"sarung"}
    assert cue.patterns == ("(a|b) kain",)
