"""A prediction in one or two sentences for a shop owner: kind, never accusing, and a person decides.

Nothing that accuses is ever quoted, not even when a seller wrote it. The Indonesian is written first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from umkm_classifier.model.prices import times_makers_price
from umkm_classifier.model.reasons import REST, Reason
from umkm_classifier.model.say_goods import name_of, settles
from umkm_classifier.signals.cues_catalogue import catalogue
from umkm_classifier.signals.writing_marks import MARKS

LONGEST = 160  # characters of a sentence
MOST_QUOTED = 40  # characters of what a seller wrote
# Parts of words that accuse; a quotation that holds one is left out.
ACCUSING = (
    "palsu", "bohong", "tipu", "nipu", "curang", "dusta", "tiruan", "bajakan", "gadungan", "maling", "curi",
    "jiplak", "penjahat", "kejahatan", "fake", "lying", "liar", "fraud", "counterfeit", "cheat", "scam", "deceiv",
    "deceit", "dishonest", "steal", "stole", "theft", "thief", "bogus", "crook", "pirat", "forge",
)  # fmt: skip
# What a seller says of an origin abroad is told all the same: nobody is to wonder where it went.
ORIGIN_NOTES = ("declared_foreign", "admits_foreign")
ORIGIN_STATED = {
    "id": "penjual sendiri menulis bahwa barang ini dari luar negeri",
    "en": "the seller states that it comes from abroad",
}
HINT = {"id": "; petunjuk terkuat: {}", "en": "; strongest hint: {}"}
FOUND: Mapping[str, Mapping[str, str]] = {
    "id": {
        "local": "Produk ini tampaknya dibuat di Indonesia (kemungkinan {local} dari 100)",
        "imported": "Produk ini mirip barang impor yang dijual kembali (kemungkinan {imported} dari 100)",
        "review": "Asal produk ini belum jelas (kemungkinan impor {imported} dari 100)",
        "unreadable": "Keterangan produk ini belum cukup untuk dinilai",
    },
    "en": {
        "local": "This product seems to be made in Indonesia (chance {local} in 100)",
        "imported": "This reads like an imported product that is resold (chance {imported} in 100)",
        "review": "Where this product comes from is not clear yet (chance of an import {imported} in 100)",
        "unreadable": "This listing says too little to be judged",
    },
}
THEN: Mapping[str, Mapping[str, str]] = {
    "id": {
        "local": "Ini perkiraan, bukan keputusan; yang memutuskan tetap orang.",
        "imported": "Ini perkiraan, bukan tuduhan; seseorang akan melihatnya dulu, dan {proof} akan membantu.",
        "review": "Seseorang akan melihatnya dulu; yang dapat memperjelas: {proof}.",
        "unreadable": "Tambahkan judul dan keterangan, lalu coba lagi; sementara itu seseorang akan melihatnya.",
    },
    "en": {
        "local": "This is an estimate, not a decision; a person decides.",
        "imported": "This is an estimate and may be wrong; a person looks at it first, and {proof} would help.",
        "review": "A person looks at it first; what would settle it: {proof}.",
        "unreadable": "Add a title and a description, then try again; meanwhile a person looks at it.",
    },
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "id": {
        "title": "cara judulnya ditulis",
        "description": "cara keterangannya ditulis",
        "price": "harganya",
        "place": "kota tokonya",
        "category": "kategorinya",
        "brand": "mereknya",
        "shop_name": "nama tokonya",
        "attributes": "spesifikasinya",
        "brand_in_title": "apakah mereknya disebut di judul",
        "brand_in_shop_name": "apakah merek dan nama tokonya sama",
        "photos": "foto-fotonya",
    },
    "en": {
        "title": "how its title is written",
        "description": "how its description is written",
        "price": "its price",
        "place": "the city of the shop",
        "category": "its category",
        "brand": "its brand",
        "shop_name": "the name of the shop",
        "attributes": "its specifications",
        "brand_in_title": "whether the title names the brand",
        "brand_in_shop_name": "whether brand and shop have one name",
        "photos": "its photos",
    },
}
PRICE = {"id": "harganya {} yang biasa diminta perajin untuk {}", "en": "its price is {} what makers ask for {}"}
# Up to which ratio a price is called so.
RATIOS: Mapping[str, Sequence[tuple[float, str]]] = {
    "id": (
        (0.15, "sekitar sepersepuluh dari"), (0.225, "sekitar seperlima dari"), (0.29, "sekitar seperempat dari"),
        (0.4, "sekitar sepertiga dari"), (0.6, "sekitar separuh dari"), (0.85, "agak di bawah"), (1.2, "seperti"),
        (1.7, "agak di atas"), (2.5, "sekitar dua kali"), (4.0, "sekitar tiga kali"),
    ),
    "en": (
        (0.15, "about a tenth of"), (0.225, "about a fifth of"), (0.29, "about a quarter of"),
        (0.4, "about a third of"), (0.6, "about half of"), (0.85, "a little below"), (1.2, "about"),
        (1.7, "a little above"), (2.5, "about twice"), (4.0, "about three times"),
    ),
}  # fmt: skip
FAR_ABOVE = {"id": "jauh di atas", "en": "far above"}
FAR_BELOW, FAR_BELOW_TO = {"id": "jauh di bawah", "en": "far below"}, 0.07
SHOWN = {"id": "yang terlihat di foto ke-{}", "en": "what photo {} shows"}
WRITTEN = {"id": "di foto ke-{} ada {}", "en": "photo {} shows {}"}
REUSED = {"id": "foto ke-{} juga tampil di toko lain", "en": "photo {} is shown by other shops too"}
QUOTED = {"id": 'kata "{}"', "en": 'the wording "{}"'}
NAMED = {"id": 'nama "{}"', "en": 'the name "{}"'}
_CUE = re.compile(r"([a-z_]+\.[a-z0-9_]+): (.*)", re.DOTALL)
_PHOTO = re.compile(r"photo (\d{1,3})(.*)", re.DOTALL)


def say(
    kind: str, p_imported: float | None, notes: Sequence[str], reasons: Sequence[Reason], good: str, language: str
) -> str:
    """Say a prediction in two sentences of at most 160 characters each.

    Parameters
    ----------
    kind : {'local', 'imported', 'review', 'unreadable'}
    p_imported : float or None
    notes : sequence of str
        Codes; of an origin that the seller states is told instead of a reason.
    reasons : sequence of Reason
        Strongest first. The first that speaks for the answer and can be said is told; for ``'review'`` the first.
    good : str
        A key of ``FAMILIES``; what would settle where it was made depends on it.
    language : {'id', 'en'}
    """
    share = 0 if p_imported is None else min(max(round(100 * p_imported), 1), 99)  # nothing is certain
    found = FOUND[language][kind].format(imported=share, local=100 - share)
    then = THEN[language][kind].format(proof=settles(good)[language])
    room = LONGEST - len(found) - len(HINT[language]) - 1
    hint = "" if kind == "unreadable" else _hint(kind, notes, reasons, language, room)
    return f"{found}{HINT[language].format(hint) if hint else ''}. {then}"


def _hint(kind: str, notes: Sequence[str], reasons: Sequence[Reason], language: str, room: int) -> str:
    if any(note in notes for note in ORIGIN_NOTES):
        return ORIGIN_STATED[language]
    side = {"local": -1.0, "imported": 1.0}.get(kind, 0.0)
    for reason in reasons:
        if reason.log_odds * side >= 0.0 and (hint := reason_says(reason, language)) and len(hint) <= room:
            return hint
    return ""


def reason_says(reason: Reason, language: str) -> str:
    """Return a reason as a clause for people, '' where there is nothing to say: of a prior, or of words that accuse."""
    evidence = reason.evidence
    if reason.source == "base" or not evidence or REST in evidence:
        return ""
    if reason.source == "photo":
        return _photo_says(evidence, language)
    if reason.signal != "words" and evidence in FIELDS[language]:
        return FIELDS[language][evidence]
    price = times_makers_price(evidence)
    if price is not None:
        return PRICE[language].format(_ratio_says(price[0], language), name_of(price[1])[language])
    cue = _CUE.fullmatch(evidence)
    sentences = _cue_sentences().get(cue[1]) if cue is not None else None
    if sentences is not None:
        sentence = sentences[language].rstrip(".")
        return "" if accuses(sentence) else sentence[:1].lower() + sentence[1:]  # 'imitation silk' is not told here
    words = quotable(evidence if cue is None else cue[2])
    if not words:
        return ""
    return (NAMED if reason.source == "shop" else QUOTED)[language].format(words)


def quotable(text: str) -> str:
    """Return words of a seller as they may stand in quotation marks: short, one line, plain; '' where they accuse."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text if one not in '"“”„«»')
    words = " ".join(plain.split())
    if len(words) > MOST_QUOTED or accuses(words):
        return ""  # a part of it might read otherwise
    return words


def accuses(text: str) -> bool:
    """Tell whether a text holds a word that accuses, however it is spaced or accented."""
    folded = unicodedata.normalize("NFKD", text).lower()
    if "kw" in re.findall(r"[^\W\d_]+", folded):  # 'kualitas kw': an imitation
        return True
    letters = "".join(one for one in folded if one.isalpha())
    return any(word in letters for word in ACCUSING)


def _photo_says(evidence: str, language: str) -> str:
    found = _PHOTO.fullmatch(evidence)
    if found is None:
        return FIELDS[language].get(evidence, "")
    number, more = int(found[1]), found[2]
    if more.startswith(": "):
        mark = next((mark for mark in MARKS if mark.say["en"] == more[2:]), None)
        return WRITTEN[language].format(number, mark.say[language]) if mark is not None else ""
    return (REUSED if more.startswith(" also in ") else SHOWN)[language].format(number)


def _ratio_says(ratio: float, language: str) -> str:
    if ratio < FAR_BELOW_TO:
        return FAR_BELOW[language]
    return next((words for most, words in RATIOS[language] if ratio <= most), FAR_ABOVE[language])


def _cue_sentences() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences of the cues that this package knows; a bundle's own cues may be others."""
    return {cue.id: cue.say for cue in catalogue().cues}
