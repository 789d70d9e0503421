"""What is said to a shop owner is short, kind and clean, whatever a listing holds."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.listings.goods import FAMILIES
from umkm_classifier.model.prediction import Prediction, Reason
from umkm_classifier.model.say import ACCUSING, LONGEST, quotable, reason_says
from umkm_classifier.model.say_goods import NAMES, SETTLES_FAMILY, SETTLES_GOOD, name_of, settles
from umkm_classifier.signals.cues_catalogue import catalogue
from umkm_classifier.signals.writing_marks import MARKS

# Spelled out here: the list under test must not judge itself.
ACCUSATIONS = (
    "palsu", "bohong", "menipu", "penipu", "tipu", "curang", "dusta", "tiruan", "bajakan", "gadungan", "maling",
    "fake", "lying", "liar", "fraud", "counterfeit", "cheat", "scam", "deceive", "dishonest", "stolen", "thief",
)  # fmt: skip
GOODS = sorted(FAMILIES)
signals = st.sampled_from(["words", "meaning", "facts", "cues", "looks", "reuse", "writing", "joint", "base", "prior"])
sources = st.sampled_from(["text", "price and place", "shop", "photo", "base"])
fixed = st.sampled_from(
    [
        "title", "price", "place", "(rest)", "photo 1", "photo 2 [box 0,0,1,1]", "photo 1 (rest)", "photos", "no brand",
        "photo 1 also in 3 other shops (S1, S2, S3), first there", "photo 1: Chinese characters", "photo 1: ?",
        "price: 0.25 times what makers ask for sajadah", "price: 1e+03 times what makers ask for nothing_known",
        "material.antislip: anti slip", "unknown.cue: kata penjual", "making.by_a_person: barang palsu",
    ]
)  # fmt: skip
accusing = st.tuples(st.text(max_size=8), st.sampled_from(ACCUSATIONS), st.text(max_size=8)).map(" ".join)
reasons = st.lists(
    st.builds(Reason, signals, sources, fixed | st.text(max_size=60) | accusing, st.floats(-5, 5)), max_size=6
)
answers = st.tuples(st.sampled_from(["local", "imported", "review"]), st.floats(0.0, 1.0) | st.none())


@given(answers, reasons, st.sampled_from(GOODS) | st.text(max_size=12), st.sampled_from([(), ("admits_foreign",)]))
def test_it_never_raises_accuses_or_runs_on(
    answer: tuple[str, float | None], reasons: list[Reason], good: str, notes: tuple[str, ...]
) -> None:
    decision, p = answer
    prediction = Prediction("1", decision, p, 0.0, "ok", notes, reasons=tuple(reasons), good=good)
    for language in ("id", "en"):
        said = prediction.say(language)
        folded = unicodedata.normalize("NFKD", said).lower()
        assert not [word for word in ACCUSATIONS if word in folded]
        assert len(said) <= 2 * LONGEST + 1
        assert not any(unicodedata.category(one)[0] == "C" for one in said)
        assert said.count('"') in (0, 2)
        assert "orang" in folded if language == "id" else "person" in folded


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("good", [*GOODS, "", "no such good"])
@pytest.mark.parametrize("decision", ["local", "imported", "review"])
def test_each_of_two_sentences_is_short_for_every_good(decision: str, good: str, language: str) -> None:
    price = Reason("facts", "price and place", f"price: 0.25 times what makers ask for {good}", 0.0)
    said = Prediction("1", decision, 0.5, 0.0, "ok", reasons=(price,), good=good).say(language)
    first, second = said.removesuffix(".").split(". ")
    assert max(len(first), len(second)) < LONGEST


def test_every_good_has_its_own_proof_and_the_tables_name_real_goods() -> None:
    assert set(SETTLES_FAMILY) == set(FAMILIES.values())
    assert set(SETTLES_GOOD) | set(NAMES) <= set(FAMILIES)
    for good in ("sajadah", "tasbih", "koko", "batik_cloth"):
        assert name_of(good)["id"] in (good, "baju koko", "kain batik")


@pytest.mark.parametrize(
    ("good", "named"),
    [
        ("batik_cloth", ("canting", "Batikmark")),
        ("batik_garment", ("canting", "Batikmark")),
        ("snack", ("P-IRT", "halal")),
        ("skincare", ("BPOM", "halal")),
        ("furniture", ("bengkel",)),
        ("rattan_bamboo", ("bengkel",)),
        ("audio", ("TKDN",)),
        ("tools", ("TKDN",)),
        ("koko", ("nota pembelian", "menjahit")),
        ("sajadah", ("nota pembelian", "menenun")),
        ("tasbih", ("nota pembelian", "membubut")),
        ("other", ("nota pembelian", "foto")),
    ],
)
def test_review_says_what_would_settle_it_for_this_good(good: str, named: tuple[str, ...]) -> None:
    said = Prediction("1", "review", 0.5, 0.0, "ok", good=good).say("id")
    assert "yang dapat memperjelas: " in said
    assert all(word in said for word in named)
    assert settles(good)["en"] in Prediction("1", "review", 0.5, 0.0, "ok", good=good).say("en")


@pytest.mark.parametrize(
    ("reason", "indonesian", "english"),
    [
        (("words", "text", "ready stock"), 'kata "ready stock"', 'the wording "ready stock"'),
        (("facts", "shop", "jaya"), 'nama "jaya"', 'the name "jaya"'),
        (("facts", "price and place", "place"), "kota tokonya", "the city of the shop"),
        (("facts", "price and place", "price"), "harganya", "its price"),
        (
            ("facts", "price and place", "price: 0.25 times what makers ask for sajadah"),
            "harganya sekitar seperempat dari yang biasa diminta perajin untuk sajadah",
            "its price is about a quarter of what makers ask for a sajadah",
        ),
        (
            ("facts", "price and place", "price: 12 times what makers ask for audio"),
            "harganya jauh di atas yang biasa diminta perajin untuk barang seperti ini",
            "its price is far above what makers ask for such a good",
        ),
        (("cues", "text", "material.antislip: anti slip"), "alasnya antiselip", "its back does not slip"),
        (("cues", "text", "later.cue: benang emas"), 'kata "benang emas"', 'the wording "benang emas"'),
        (("looks", "photo", "photo 2 [box 1,0,2,1]"), "yang terlihat di foto ke-2", "what photo 2 shows"),
        (
            ("writing", "photo", "photo 1: Chinese characters"),
            "di foto ke-1 ada tulisan Tionghoa",
            "photo 1 shows Chinese characters",
        ),
        (
            ("reuse", "photo", "photo 1 also in 3 other shops (S1, S2, S3), first there"),
            "foto ke-1 juga tampil di toko lain",
            "photo 1 is shown by other shops too",
        ),
        (("prior", "base", ""), "", ""),
        (("words", "text", "(rest)"), "", ""),
        (("words", "text", "palsu"), "", ""),
    ],
)
def test_a_reason_is_said_in_plain_words(reason: tuple[str, str, str], indonesian: str, english: str) -> None:
    one = Reason(*reason, 1.0)
    assert (reason_says(one, "id"), reason_says(one, "en")) == (indonesian, english)


def test_the_strongest_reason_that_speaks_for_the_answer_is_told() -> None:
    reasons = (
        Reason("words", "text", "canting", -3.0),
        Reason("words", "text", "barang palsu", 2.0),
        Reason("words", "text", "grosir", 1.0),
    )
    imported, local, review = (
        Prediction("1", decision, 0.5, 0.0, "ok", reasons=reasons).say("en")
        for decision in ("imported", "local", "review")
    )
    assert 'strongest hint: the wording "grosir".' in imported
    assert 'strongest hint: the wording "canting".' in local
    assert 'strongest hint: the wording "canting".' in review


def test_no_cue_or_mark_is_told_in_words_that_accuse() -> None:
    told = [reason_says(Reason("cues", cue.source, f"{cue.id}: x", 1.0), "id") for cue in catalogue().cues]
    told += [reason_says(Reason("cues", cue.source, f"{cue.id}: x", 1.0), "en") for cue in catalogue().cues]
    told += [reason_says(Reason("writing", "photo", f"photo 1: {mark.say['en']}", 1.0), "id") for mark in MARKS]
    assert not [said for said in told if any(word in said.lower() for word in ACCUSATIONS)]
    assert sum(map(bool, told)) > 0.97 * len(told)


def test_what_accuses_is_never_quoted_however_it_is_written() -> None:
    for text in ("PALSU", "p a l s u", "pál-su", "tas kw super", "penipuan", "100% no fake", "di tipu"):
        assert quotable(text) == ""
    assert quotable("batik warna\x00\u202e\n alam") == "batik warna alam"
    assert quotable('kain "halus"') == "kain halus"
    assert quotable("kain " * 20) == ""
    assert len(set(ACCUSING)) == len(ACCUSING)
