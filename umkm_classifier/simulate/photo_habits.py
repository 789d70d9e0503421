"""How a simulated seller takes photos: which scenes, of which goods, with what camera, under which shop sign.

Makers lean towards snaps and handmade surfaces, resellers towards packshots and printed ones. Leans are not rules.
Camera and shop sign are drawn alike for both, so that a poor photo says nothing about who took it.
"""

from __future__ import annotations

from dataclasses import dataclass

from umkm_classifier.simulate.dice import Dice, Quota
from umkm_classifier.simulate.edits import LATIN_PHRASES, SHOP_MARKS, Colour
from umkm_classifier.simulate.glyphs import HAN_PHRASES
from umkm_classifier.simulate.motifs import MOTIFS
from umkm_classifier.simulate.scenes import LONGEST_PX, Product
from umkm_classifier.simulate.shapes import TEXTILES
from umkm_classifier.simulate.textures import LOUD, NATURAL, SHARED, Palette, Size, Style

# (share of the seller's rows, how much of a maker a shop looks like): one in sixteen looks like the other side.
LOOKS = {
    "maker": ((0.82, 1.0), (0.12, 0.75), (0.06, 0.10)),
    "reseller": ((0.82, 0.0), (0.12, 0.25), (0.06, 0.90)),
}
# Weights of cloth, packshot, snap and collage where the look is all maker's or all reseller's.
SCENE_NAMES = ("cloth", "packshot", "snap", "collage")
MAKER_SCENES = (0.36, 0.03, 0.58, 0.03)
RESELLER_SCENES = (0.07, 0.62, 0.04, 0.27)
CHINESE_CAPTION = {"maker": 0.01, "reseller": 0.28}
INDONESIAN_CAPTION = 0.10
CAMERAS = ((0.48, "good"), (0.35, "fair"), (0.17, "poor"))
SIGNS = ((0.72, ""), (0.10, "frame"), (0.09, "watermark"), (0.09, "logo"))
SIZES: tuple[tuple[float, Size], ...] = (
    (0.60, (LONGEST_PX, LONGEST_PX)),
    (0.25, (LONGEST_PX * 3 // 4, LONGEST_PX)),
    (0.15, (LONGEST_PX, LONGEST_PX * 3 // 4)),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """How one shop takes photos of what it makes, or of what it resells.

    Parameters
    ----------
    seller : str
        'maker' or 'reseller'.
    look : float
        How much of a maker the shop looks like, 0 to 1.
    camera : str
        'good', 'fair' or 'poor'.
    sign : str
        What the shop puts on all its photos: '', 'frame', 'watermark' or 'logo'.
    mark : str
        What stands on its watermark or logo.
    colour : (int, int, int)
        Of its frame, logo and captions.
    """

    seller: str
    look: float
    camera: str
    sign: str
    mark: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, before anybody edits a copy of it: everything that is needed to draw it.

    Parameters
    ----------
    scene : str
        A name in ``SCENES``.
    product : Product
    size : (int, int)
        Pixels across and down.
    habit : Habit
        Whose camera and sign.
    caption : str
        '' for none.
    stream : tuple of int
        Seed of its own random numbers.
    """

    scene: str
    product: Product
    size: Size
    habit: Habit
    caption: str
    stream: tuple[int, ...]


class Habits:
    """The habits of one kind of seller, shared out by rows, so that no large shop decides what photos are like.

    Parameters
    ----------
    dice : Dice
    seller : str
        'maker' or 'reseller'.
    rows : int
        Listings of this kind of seller, at least 1.
    """

    def __init__(self, dice: Dice, seller: str, rows: int) -> None:
        self._dice, self._seller = dice, seller
        self._looks = Quota(dice, LOOKS[seller], rows)
        self._cameras, self._signs = Quota(dice, CAMERAS, rows), Quota(dice, SIGNS, rows)

    def draw(self, size: int) -> Habit:
        """Draw how a shop with ``size`` such listings takes photos."""
        dice = self._dice
        colour = (dice.between(0, 255), dice.between(0, 255), dice.between(0, 255))
        look, camera, sign = self._looks.draw(size), self._cameras.draw(size), self._signs.draw(size)
        return Habit(self._seller, look, camera, sign, dice.pick(SHOP_MARKS), colour)


def draw_product(dice: Dice, habit: Habit, good: str) -> Product:
    """Draw what a listing sells: a material, its colours and pattern, and how evenly it is made."""
    handmade = dice.chance(0.02 + 0.96 * habit.look)
    if good not in TEXTILES:
        kind = "natural" if handmade else "gloss"
    elif dice.chance(0.1 if good == "batik" else 0.2):
        kind = "plain"
    else:
        kind = "wax" if handmade else "print"
    style = Style(
        kind=kind,
        motif=dice.pick(tuple(MOTIFS)),
        palette=_palette(dice, handmade),
        period=0.09 + 0.16 * dice.uniform(),
        degrees=90 * dice.uniform(),
        cracked=dice.chance(0.4),
    )
    return Product(good, style, 0.006 if handmade else 0.001)


def draw_picture(dice: Dice, habit: Habit, product: Product, stream: tuple[int, ...]) -> Picture:
    """Draw one way to show a product."""
    mixed = [
        (habit.look * maker + (1 - habit.look) * reseller, name)
        for name, maker, reseller in zip(SCENE_NAMES, MAKER_SCENES, RESELLER_SCENES, strict=True)
        if name != "cloth" or product.good in TEXTILES
    ]
    caption = ""
    if dice.chance(CHINESE_CAPTION[habit.seller]):
        caption = dice.pick(HAN_PHRASES)
    elif dice.chance(INDONESIAN_CAPTION):
        caption = dice.pick(LATIN_PHRASES)
    return Picture(dice.weighted(mixed), product, dice.weighted(SIZES), habit, caption, stream)


def _palette(dice: Dice, handmade: bool) -> Palette:
    """Return colours: two times in five those that both sides use."""
    if dice.chance(0.4):
        return dice.pick(SHARED)
    return dice.pick(NATURAL if dice.chance(0.85 if handmade else 0.15) else LOUD)
