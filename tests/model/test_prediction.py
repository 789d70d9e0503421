"""A prediction is plain values, and a sentence for a shop owner."""

from __future__ import annotations

import json

import pytest

from umkm_classifier.model.prediction import Prediction, Reason
from umkm_classifier.signals.meaning import Neighbour

IMPORTED = Prediction(
    id="007",
    decision="imported",
    p_imported=0.816,
    log_odds=1.5,
    status="degraded",
    notes=("text_truncated",),
    signals={"words": 1.25, "facts": None},
    reasons=(Reason("words", "text", "ready stock", 1.25), Reason("prior", "base", "", 0.25)),
    neighbours=(Neighbour("L1", "imported", "survey", 0.9),),
    good="sajadah",
)
REJECTED = Prediction("8", "review", None, None, "rejected", ("no_content",))


def test_a_prediction_becomes_plain_values() -> None:
    assert IMPORTED.to_dict() == {
        "id": "007",
        "decision": "imported",
        "p_imported": 0.816,
        "log_odds": 1.5,
        "status": "degraded",
        "notes": ["text_truncated"],
        "signals": {"words": 1.25, "facts": None},
        "reasons": [
            {"signal": "words", "source": "text", "evidence": "ready stock", "log_odds": 1.25},
            {"signal": "prior", "source": "base", "evidence": "", "log_odds": 0.25},
        ],
        "neighbours": [{"id": "L1", "label": "imported", "label_source": "survey", "similarity": 0.9}],
        "photo_index": None,
        "good": "sajadah",
    }


@pytest.mark.parametrize("prediction", [IMPORTED, REJECTED])
def test_json_can_be_written_and_read_back(prediction: Prediction) -> None:
    values = prediction.to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_a_rejected_row_has_null_for_what_is_not_known() -> None:
    values = REJECTED.to_dict()
    assert (values["p_imported"], values["log_odds"], values["decision"]) == (None, None, "review")
    assert (values["signals"], values["reasons"], values["neighbours"]) == ({}, [], [])


@pytest.mark.parametrize(
    ("prediction", "language", "said"),
    [
        (
            IMPORTED,
            "id",
            "Produk ini mirip barang impor yang dijual kembali (kemungkinan 82 dari 100); petunjuk terkuat: kata "
            '"ready stock". Ini perkiraan, bukan tuduhan; seseorang akan melihatnya dulu, dan nota pembelian benang '
            "atau foto saat menenunnya akan membantu.",
        ),
        (
            IMPORTED,
            "en",
            "This reads like an imported product that is resold (chance 82 in 100); strongest hint: the wording "
            '"ready stock". This is an estimate and may be wrong; a person looks at it first, and an invoice for the '
            "yarn or a photo of it being woven would help.",
        ),
        (
            Prediction("1", "local", 0.1, -2.0, "ok"),
            "id",
            "Produk ini tampaknya dibuat di Indonesia (kemungkinan 90 dari 100). Ini perkiraan, bukan keputusan; "
            "yang memutuskan tetap orang.",
        ),
        (
            Prediction("1", "local", 0.1, -2.0, "ok"),
            "en",
            "This product seems to be made in Indonesia (chance 90 in 100). This is an estimate, not a decision; a "
            "person decides.",
        ),
        (
            Prediction("1", "review", 0.31, -0.8, "ok", good="batik_cloth"),
            "id",
            "Asal produk ini belum jelas (kemungkinan impor 31 dari 100). Seseorang akan melihatnya dulu; yang dapat "
            "memperjelas: foto proses membatik (canting atau cap) atau sertifikat Batikmark.",
        ),
        (
            Prediction("1", "review", 0.31, -0.8, "ok", good="batik_cloth"),
            "en",
            "Where this product comes from is not clear yet (chance of an import 31 in 100). A person looks at it "
            "first; what would settle it: a photo of the work with canting or stamp, or a Batikmark certificate.",
        ),
        (
            REJECTED,
            "id",
            "Keterangan produk ini belum cukup untuk dinilai. Tambahkan judul dan keterangan, lalu coba lagi; "
            "sementara itu seseorang akan melihatnya.",
        ),
        (
            REJECTED,
            "en",
            "This listing says too little to be judged. Add a title and a description, then try again; meanwhile a "
            "person looks at it.",
        ),
    ],
)
def test_the_result_is_said_in_words(prediction: Prediction, language: str, said: str) -> None:
    assert prediction.say(language) == said


@pytest.mark.parametrize("notes", [("declared_foreign",), ("admits_foreign",), ("admits_foreign", "declared_foreign")])
def test_what_the_seller_says_of_an_origin_abroad_is_told_once(notes: tuple[str, ...]) -> None:
    prediction = Prediction("1", "local", 0.1, -2.0, "ok", notes)
    assert prediction.say("id") == (
        "Produk ini tampaknya dibuat di Indonesia (kemungkinan 90 dari 100); petunjuk terkuat: penjual sendiri menulis "
        "bahwa barang ini dari luar negeri. Ini perkiraan, bukan keputusan; yang memutuskan tetap orang."
    )
    assert prediction.say("en") == (
        "This product seems to be made in Indonesia (chance 90 in 100); strongest hint: the seller states that it "
        "comes from abroad. This is an estimate, not a decision; a person decides."
    )


@pytest.mark.parametrize(("p_imported", "chance"), [(0.0001, 99), (0.004, 99), (0.02, 98)])
def test_no_chance_is_said_to_be_certain(p_imported: float, chance: int) -> None:
    local, imported = (
        Prediction("1", "local", p_imported, -5.0, "ok"),
        Prediction("1", "imported", 1 - p_imported, 5.0, "ok"),
    )
    assert f"(chance {chance} in 100)" in local.say("en")
    assert f"(chance {chance} in 100)" in imported.say("en")


def test_indonesian_is_spoken_unless_asked_otherwise() -> None:
    assert IMPORTED.say() == IMPORTED.say("id")


@pytest.mark.parametrize("language", ["de", "", "ID", "indonesia"])
def test_another_language_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match=r"^say: language") as caught:
        IMPORTED.say(language)
    assert str(caught.value) == f"say: language must be 'id' or 'en'. Got {language!r} instead."
