"""Prices, declarations and specifications as the sellers of a simulated market fill them in."""

from __future__ import annotations

import json
import math

from umkm_classifier.simulate.dice import Dice
from umkm_classifier.simulate.shops import Shop
from umkm_classifier.simulate.vocabulary import ShopWords
from umkm_classifier.simulate.wording import Writer

IMPORTED_DISCOUNT = 0.30  # in log rupiah; a listing's own spread is larger, so prices overlap
DECLARED_KEYS = ("Negara Asal", "negara asal", "Negara asal")


def price(dice: Dice, writer: Writer, shop: Shop, imported: bool) -> str:
    """Return a price in one of the many ways in which sellers write it; '' when left empty."""
    if dice.chance(0.02):
        return ""
    spread = dice.normal(writer.good.price_spread)
    value = math.exp(math.log(writer.good.price_idr) + shop.price_level + spread - IMPORTED_DISCOUNT * imported)
    step = 500 if value < 50_000 else 1000 if value < 1_000_000 else 100_000
    habit = shop.price_habit if dice.chance(0.85) else dice.between(0, 99)
    return _written(max(step, round(value / step) * step), habit)


def _written(value: int, habit: int) -> str:
    """Write a price in rupiah; ``habit`` (0 to 99) is the seller's way, left where the value has no such form."""
    dotted = f"{value:,}".replace(",", ".")
    if habit < 30 and value >= 1_000_000:
        millions = f"{value / 1e6:g}"
        return f"{millions}jt" if habit < 6 else millions.replace(".", ",") + ("jt" if habit < 18 else " juta")
    if habit < 30 and value % 1000 == 0:
        return (f"{value // 1000}rb", f"{value // 1000} ribu", f"{value // 1000}k", f"IDR {value // 1000}K")[habit % 4]
    if habit < 45:
        return str(value)
    if habit < 52:
        return f"Rp {dotted},00"
    if habit < 57:
        return f"Rp{dotted} - Rp{value + 10_000:,}".replace(",", ".")
    if habit < 62:
        return f"Rp\u00a0{dotted}"
    return f"Rp {dotted}" if habit < 75 else f"Rp{dotted}"


def declaration(dice: Dice, words: ShopWords, shop: Shop, label: str) -> str:
    """Return a country of origin as declared, '' when not; it says what the label says, true or not."""
    if not dice.chance(0.7 if shop.label_source == "simulated_declared" else 0.08):
        return ""
    return dice.pick(words.origin_imported if label == "imported" else words.origin_local)


def registration(dice: Dice, kind: str, imported: bool) -> str:
    """Return a registration as ``Key: number``, '' when there is none: food and cosmetics often, other goods seldom."""
    if kind == "food" and dice.chance(0.5):
        if imported:
            return f"BPOM RI: ML {dice.digits(12)}"
        return f"P-IRT: {dice.digits(13)}-{dice.digits(2)}" if dice.chance(0.7) else f"BPOM RI: MD {dice.digits(12)}"
    if kind == "cosmetic" and dice.chance(0.5):
        return f"BPOM: NA{(11 if dice.chance(0.5) else 26) if imported else 18}{dice.digits(9)}"
    return f"NIB: {dice.digits(13)}" if dice.chance(0.04) else ""


def attributes(dice: Dice, writer: Writer, shop: Shop, origin: str, registered: str) -> str:
    """Return specifications as a JSON object, '' when the shop fills in none."""
    if "attributes" not in shop.fills:
        return ""
    values: dict[str, str] = {}
    if dice.chance(0.8):
        values["Bahan"] = writer.material
    if dice.chance(0.6):
        values["Ukuran"] = writer.size
    if dice.chance(0.5):
        values["Warna"] = dice.pick(writer.words.colours)
    if dice.chance(0.5):
        lean = writer.voice.reseller - writer.voice.maker
        values["Stok"] = str(max(1, round(math.exp(3.2 + 3 * lean + dice.normal(1.6)))))
    if origin:
        values["Negara Asal"] = origin
    if dice.chance(0.25):
        values["Dikirim Dari"] = shop.ships_from
    if registered and dice.chance(0.5):
        key, number = registered.split(": ")
        values[key] = number
    values["Kondisi"] = "Baru"
    return json.dumps(values, ensure_ascii=False)


def declared_line(dice: Dice, origin: str, registered: str) -> str:
    """Return the ``Key: value`` line that the description carries, '' for none."""
    if origin and dice.chance(0.3):
        return f"{dice.pick(DECLARED_KEYS)}: {origin}"
    return registered
