"""Titles and descriptions as the sellers of a simulated market write them."""

from __future__ import annotations

import re

from umkm_classifier.simulate.dice import Dice
from umkm_classifier.simulate.shops import Shop
from umkm_classifier.simulate.vocabulary import Good, Sides, Vocabulary
from umkm_classifier.simulate.voices import Voice

_SLOT = re.compile(r"\{(\w+)\}")


class Writer:
    """Writes for one listing: keeps its good, its seller's voice, its material and its size.

    Parameters
    ----------
    dice : Dice
    words : Vocabulary
    shop : Shop
    good : Good
    voice : Voice
        Of the maker or the reseller in the shop, whoever made this listing.
    """

    def __init__(self, dice: Dice, words: Vocabulary, shop: Shop, good: Good, voice: Voice) -> None:
        self.dice, self.words, self.shop, self.good, self.voice = dice, words, shop, good, voice
        self.material = self._own(good.materials)
        self.size = self._own(good.sizes)

    def title(self) -> str:
        """Return a title: a head word, words of the voice, now and then a colour, a size, a claim or the brand."""
        dice, voice = self.dice, self.voice
        parts = [dice.pick(self.good.heads)]
        for _ in range(dice.between(*voice.words)):
            word = self._leaning(self.good.words if dice.chance(0.6) else self.words.words)
            if not any(word in part for part in parts):
                parts.append(word)
        if dice.chance(0.4):
            parts.append(dice.pick(self.words.colours))
        if dice.chance(0.3):
            parts.append(self.size)
        if dice.chance(voice.claims * 0.6):
            parts.insert(dice.between(0, len(parts)), dice.pick(self.words.claim_words))
        if voice.name == "honest" and dice.chance(voice.admits * 0.5):
            parts.append(dice.pick(self.words.admission_words))
        if self.shop.brand and "brand" in self.shop.fills and dice.chance(0.3):
            parts.insert(0, self.shop.brand)
        return self._cased(self._spelt(" ".join(parts)))

    def description(self, declared: str) -> str:
        """Return a description of several lines, '' when the seller writes none.

        Parameters
        ----------
        declared : str
            A ``Key: value`` line about origin or registration to put among the others; '' for none.
        """
        dice, voice = self.dice, self.voice
        if "description" not in self.shop.fills or not dice.chance(voice.described):
            return ""
        lines: list[str] = []
        for _ in range(dice.between(*voice.lines)):
            line = self._leaning(self.good.lines if dice.chance(0.45) else self.words.lines)
            if line not in lines:
                lines.append(line)
        if dice.chance(voice.claims):
            lines.insert(dice.between(0, len(lines)), dice.pick(self.words.claim_lines))
        if dice.chance(voice.admits):
            admissions = self.words.admission_lines if voice.name == "honest" else self.words.maker_admissions
            lines.append(dice.pick(admissions))
        lines.extend(line for line in self.shop.footer if line not in lines)
        written = [self._cased(self._spelt(self._filled(line)), sentence=True) for line in lines]
        if dice.chance(0.3):
            written.append(f"Bahan: {self.material}")
        if dice.chance(0.3):
            written.append(f"Ukuran: {self.size}")
        if declared:
            written.append(declared)
        return "\n".join(written)

    def _leaning(self, pool: Sides) -> str:
        """Return a word or line from the side that the voice leans to at this moment."""
        at = self.dice.uniform()
        if at < self.voice.maker:
            return self.dice.pick(pool.maker)
        return self.dice.pick(pool.reseller if at < self.voice.maker + self.voice.reseller else pool.shared)

    def _own(self, pool: Sides) -> str:
        """Return a material or a size; nobody shares these, but the two sides overlap."""
        share = 0.5 + 0.6 * (self.voice.maker - self.voice.reseller)
        return self.dice.pick(pool.maker if self.dice.chance(share) else pool.reseller)

    def _filled(self, line: str) -> str:
        return _SLOT.sub(self._slot, line) if "{" in line else line

    def _slot(self, match: re.Match[str]) -> str:
        name = match[1]
        if name == "warna":
            return self.dice.pick(self.words.colours)
        if name == "stok":
            return str(self.dice.between(2, 60) * 12)
        if name in ("hari", "jumlah"):
            return str(self.dice.between(2, 9))
        return {"bahan": self.material, "ukuran": self.size}[name]

    def _spelt(self, text: str) -> str:
        typo = self.voice.typos
        return " ".join([self._misspelt(word) if self.dice.chance(typo) else word for word in text.split(" ")])

    def _misspelt(self, word: str) -> str:
        """Shorten a word as in a chat, or drop or swap a letter; numbers and short words stay."""
        short = self.words.misspelt.get(word)
        if short is not None:
            return short
        if len(word) < 4 or not word.isalpha():
            return word
        at = self.dice.between(1, len(word) - 2)
        if self.dice.chance(0.5):
            return word[:at] + word[at + 1 :]
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    def _cased(self, text: str, sentence: bool = False) -> str:
        casing = self.shop.casing
        if casing == "upper":
            return text.upper()
        if casing == "lower":
            return text
        if casing == "title" and not sentence:
            return " ".join([word[:1].upper() + word[1:] for word in text.split(" ")])
        return text[:1].upper() + text[1:]
