"""Photos of a simulated market: who shows which picture, and how it is drawn.

What is shown is planned with ``Dice``, so that tables are the same on every machine; pixels come from numpy's random
numbers, in streams of their own, so that photos change nothing about a market's text.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from umkm_classifier.simulate import edits
from umkm_classifier.simulate.dice import Dice
from umkm_classifier.simulate.glyphs import lettering
from umkm_classifier.simulate.market import Market
from umkm_classifier.simulate.photo_habits import Habit, Habits, Picture, draw_picture, draw_product
from umkm_classifier.simulate.scenes import LONGEST_PX, SCENES

PHOTO_FOLDER = "photos"
JPEG_QUALITY = 85
NO_PHOTO = 0.08
PLACEHOLDER = 0.015  # 'no picture', the same in whichever shop
COUNTS = ((0.45, 1), (0.33, 2), (0.22, 3))
CATALOGUE = {"maker": 0.03, "reseller": 0.30}
STOLEN = {"maker": 0.0, "reseller": 0.05}
NEW_CATALOGUE_PICTURES = 2.0  # of a good that nobody has shown yet, against each time that one was shown
# What is done to a copy so that it is not the same picture.
COPY_EDITS = (
    "frame", "crop", "watermark", "logo", "mirror", "caption_bar", "colour_shift", "recompress", "rotate", "resize",
)  # fmt: skip
_SEEDS = 2**31  # above every seed of a market's text
_OWN, _CATALOGUE, _COPY = range(3)  # streams of random numbers


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as one listing shows it.

    Parameters
    ----------
    path : str
        Relative to the market's folder: ``'photos/L000012-1.jpg'``.
    kind : str
        ``'own'``: taken by the shop. ``'catalogue:NAME'``: a supplier's picture, the same in every listing that gives
        this name. ``'stolen:PATH'``: taken from another shop's listing, where it is PATH. ``'placeholder'``: says that
        there is no picture.
    picture : Picture or None
        None is the placeholder.
    copy_edits : tuple of str
        Names of ``EDITS`` done to the picture, in order.
    stream : tuple of int
        Seed of these edits.
    """

    path: str
    kind: str
    picture: Picture | None
    copy_edits: tuple[str, ...] = ()
    stream: tuple[int, ...] = ()


def plan(market: Market) -> list[list[Shown]]:
    """Decide what every listing shows.

    Parameters
    ----------
    market : Market

    Returns
    -------
    list of list of Shown
        One list a listing, in the market's order, of none to three pictures.

    Notes
    -----
    A thief finds a maker's picture of the same good in another shop that was not listed later. The maker's own picture
    stays what it is: ``'own'``.
    """
    planner = _Planner(market)
    # Makers first: what they show can be stolen.
    rows = sorted(range(len(market.truth)), key=lambda row: market.truth[row]["seller"] != "maker")
    planned = {row: planner.listing(row) for row in rows}
    return [planned[row] for row in range(len(market.truth))]


def draw(shown: Shown) -> Image.Image:
    """Draw a picture as a listing shows it: RGB, 480 pixels on its longer side or less."""
    photo = _taken(shown.picture) if shown.picture is not None else _placeholder()
    rng = np.random.default_rng(shown.stream)
    for name in shown.copy_edits:
        photo = edits.EDITS[name](photo, rng)
    if max(photo.size) > LONGEST_PX:
        photo.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BICUBIC)
    return photo


def jpeg(shown: Shown) -> bytes:
    """Draw a picture as a listing shows it, as a JPEG file."""
    file = io.BytesIO()
    draw(shown).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


class _Planner:
    """Decides listing by listing, and remembers what can be shown again."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._dice = Dice(_SEEDS + market.seed)
        self._habits: dict[tuple[str, str], Habit] = {}
        self._sizes = Counter((truth["shop_id"], truth["seller"]) for truth in market.truth)
        sellers = Counter(truth["seller"] for truth in market.truth)
        self._shops = {seller: Habits(self._dice, seller, sellers[seller]) for seller in sellers}
        self._suppliers = Habits(self._dice, "reseller", 1)
        self._catalogue: dict[str, list[tuple[str, Picture]]] = defaultdict(list)  # by good, once each time shown
        self._n_catalogue = 0
        self._makers: dict[str, list[tuple[int, Shown]]] = defaultdict(list)  # by good: row, picture

    def listing(self, row: int) -> list[Shown]:
        """Return what a listing shows."""
        truth, dice = self._market.truth[row], self._dice
        at = (truth["shop_id"], truth["seller"])
        if at not in self._habits:
            self._habits[at] = self._shops[truth["seller"]].draw(self._sizes[at])
        if dice.chance(NO_PHOTO):
            return []
        if dice.chance(PLACEHOLDER):
            return [Shown(_path(truth["id"], 1), "placeholder", None)]
        product = draw_product(dice, self._habits[at], truth["good"])
        shown: list[Shown] = []
        for number in range(1, dice.weighted(COUNTS) + 1):
            path, copy = _path(truth["id"], number), (self._market.seed, _COPY, row, number)
            found = self._copied(row, shown)
            if found is None:
                own = draw_picture(dice, self._habits[at], product, (self._market.seed, _OWN, row, number))
                shown.append(Shown(path, "own", own))
            else:
                shown.append(Shown(path, *found, self._copy_edits(), copy))
        if truth["seller"] == "maker":
            self._makers[truth["good"]] += [(row, photo) for photo in shown if photo.kind == "own"]
        return shown

    def _copied(self, row: int, shown: list[Shown]) -> tuple[str, Picture] | None:
        """Return a picture that others show too, None for one of the shop's own; never one that stands here already."""
        truth, dice = self._market.truth[row], self._dice
        found = None
        if dice.chance(CATALOGUE[truth["seller"]]):
            found = self._from_catalogue(truth["good"])
        elif dice.chance(STOLEN[truth["seller"]]):
            found = self._from_a_maker(row)
        return None if found is None or found[0] in {photo.kind for photo in shown} else found

    def _from_catalogue(self, good: str) -> tuple[str, Picture]:
        """Return a supplier's picture: the more often it was shown, the likelier it is shown again."""
        dice, pool = self._dice, self._catalogue[good]
        if dice.chance(NEW_CATALOGUE_PICTURES / (NEW_CATALOGUE_PICTURES + len(pool))):
            self._n_catalogue += 1
            supplier = self._suppliers.draw(0)
            product = draw_product(dice, supplier, good)
            picture = draw_picture(dice, supplier, product, (self._market.seed, _CATALOGUE, self._n_catalogue, 0))
            pool.append((f"catalogue:C{self._n_catalogue:05d}", picture))
            return pool[-1]
        pool.append(dice.pick(pool))
        return pool[-1]

    def _from_a_maker(self, row: int) -> tuple[str, Picture] | None:
        """Return a maker's picture that may have hung there before, None when there is none."""
        records, day = self._market.records, self._market.records[row]["listed_at"]
        there = [
            photo
            for other, photo in self._makers[self._market.truth[row]["good"]]
            if records[other]["shop_id"] != records[row]["shop_id"] and (not day or records[other]["listed_at"] <= day)
        ]
        if not there:
            return None
        photo = self._dice.pick(there)
        assert photo.picture is not None  # 'own' is never the placeholder
        return f"stolen:{photo.path}", photo.picture

    def _copy_edits(self) -> tuple[str, ...]:
        """Return what is done to a copy: nothing to a fifth, else one or two edits."""
        dice = self._dice
        return () if dice.chance(0.2) else tuple(dice.shuffled(COPY_EDITS)[: dice.between(1, 2)])


def _path(listing_id: str, number: int) -> str:
    return f"{PHOTO_FOLDER}/{listing_id}-{number}.jpg"


def _taken(picture: Picture) -> Image.Image:
    """Draw a picture as its owner shows it: the scene, what the camera made of it, caption and shop sign."""
    rng, habit = np.random.default_rng(picture.stream), picture.habit
    photo = SCENES[picture.scene](rng, picture.size, picture.product)
    photo = _through_camera(rng, photo, habit.camera)
    if picture.caption:
        share, top = float(rng.uniform(0.09, 0.16)), bool(rng.random() < 0.4)
        photo = edits.caption_bar(photo, picture.caption, share, habit.colour, top)
    if habit.sign == "frame":
        photo = edits.frame(photo, 0.05, habit.colour)
    elif habit.sign == "watermark":
        photo = edits.watermark(photo, habit.mark, 0.3)
    elif habit.sign == "logo":
        photo = edits.logo(photo, habit.mark, 0.2, habit.colour, 1)
    return photo


def _through_camera(rng: np.random.Generator, photo: Image.Image, camera: str) -> Image.Image:
    """Spoil a photo as a fair camera does a little and a poor one, held badly in poor light, in two ways."""
    if camera == "good":
        return photo
    if camera == "fair":
        return edits.noise(photo, rng, float(rng.uniform(2, 5)))
    faults = {
        "blur": lambda: edits.blur(photo, float(rng.uniform(0.002, 0.006))),
        "dark": lambda: edits.darken(photo, float(rng.uniform(0.5, 0.8))),
        "noise": lambda: edits.noise(photo, rng, float(rng.uniform(7, 15))),
        "tilt": lambda: edits.tilt(photo, float(rng.uniform(0.02, 0.07)), int(rng.integers(4)), (120, 112, 104)),
        "recompress": lambda: edits.recompress(photo, 320, int(rng.integers(25, 45))),
        "colour": lambda: edits.colour_shift(photo, (1.0, 0.93, float(rng.uniform(0.65, 0.85)))),
    }
    for name in rng.choice(list(faults), 2, replace=False):
        photo = faults[str(name)]()  # each reads the photo as the one before left it
    return photo


def _placeholder() -> Image.Image:
    """Draw what a shop shows that has no picture."""
    photo = Image.new("RGB", (LONGEST_PX, LONGEST_PX), (238, 238, 238))
    ImageDraw.Draw(photo).rounded_rectangle((165, 130, 315, 250), 12, outline=(170, 170, 170), width=6)
    word = lettering("FOTO BELUM TERSEDIA", 36)
    photo.paste((150, 150, 150), ((photo.width - word.width) // 2, 300), word)
    return photo
