"""What sellers, apps and cameras do to a photo: edits that take one and return another.

Simulated sellers edit what they show, stress tests spoil photos, and the benchmark of photo reuse hides them, all with
these. A photo is a Pillow image in mode 'RGB' and is never changed itself. Strengths are shares of the photo's size, so
that an edit does as much to a small photo as to a large one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from umkm_classifier.simulate.glyphs import HAN_PHRASES, lettering
from umkm_classifier.simulate.textures import any_cloth

Photo = Image.Image
Colour = tuple[int, int, int]
Edit = Callable[[Photo, np.random.Generator], Photo]

WHITE: Colour = (255, 255, 255)
LATIN_PHRASES = ("READY STOCK", "COD", "PROMO", "BISA ECER", "GRATIS ONGKIR", "BEST SELLER", "TERMURAH", "100% ORI")
SHOP_MARKS = ("TokoKita", "Griya Batik", "berkah.store", "SINAR JAYA", "@dapur.mama", "Solo Shop", "murah88")


def frame(photo: Photo, share: float, colour: Colour = WHITE) -> Photo:
    """Put a border around the photo, ``share`` of its shorter side wide on each side (0 to 1); the picture grows."""
    return ImageOps.expand(photo, max(1, round(share * min(photo.size))), colour)


def crop(photo: Photo, share: float, across: float = 0.5, down: float = 0.5) -> Photo:
    """Cut off a share of the width and of the height.

    Parameters
    ----------
    photo : Image
    share : float
        Of each side, in all: 0.1 keeps nine tenths of the width and of the height; below 1.
    across, down : float
        How much of what is cut off lies on the left and at the top, 0 to 1.
    """
    width, height = (max(1, round((1 - share) * side)) for side in photo.size)
    left, top = round(across * (photo.width - width)), round(down * (photo.height - height))
    return photo.crop((left, top, left + width, top + height))


def watermark(photo: Photo, text: str, opacity: float = 0.35, degrees: float = 30.0) -> Photo:
    """Write ``text`` across the whole photo in slanting translucent white; ``opacity`` 0 to 1."""
    word = lettering(text, max(6, round(0.07 * min(photo.size))))
    side = round(1.5 * max(photo.size))
    layer = Image.new("L", (side, side))
    for row, top in enumerate(range(0, side, 4 * word.height)):
        for left in range(-(row % 2) * word.width, side, 2 * word.width):
            layer.paste(word, (left, top))
    turned = layer.rotate(degrees, Image.Resampling.BILINEAR)
    left, top = (side - photo.width) // 2, (side - photo.height) // 2
    mask = turned.crop((left, top, left + photo.width, top + photo.height)).point(lambda ink: ink * opacity)
    return Image.composite(Image.new("RGB", photo.size, WHITE), photo, mask)


def logo(photo: Photo, text: str, share: float, colour: Colour, corner: int = 0) -> Photo:
    """Put a round badge with ``text`` into a corner.

    Parameters
    ----------
    photo : Image
    text : str
    share : float
        Width of the badge as a share of the photo's shorter side, 0 to 1.
    colour : (int, int, int)
    corner : int
        0 to 3: top left, top right, bottom left, bottom right.
    """
    side = max(16, round(share * min(photo.size)))
    disc = Image.new("L", (2 * side, 2 * side))
    ImageDraw.Draw(disc).ellipse((0, 0, 2 * side - 1, 2 * side - 1), fill=255)
    badge = Image.new("RGB", (side, side), colour)
    word = lettering(text, max(6, side // 4))
    if word.width > 0.8 * side:
        word = word.resize((round(0.8 * side), max(1, round(0.8 * side * word.height / word.width))))
    badge.paste(_ink_on(colour), ((side - word.width) // 2, (side - word.height) // 2), word)
    done, margin = photo.copy(), round(0.03 * min(photo.size))
    left = photo.width - side - margin if corner % 2 else margin
    top = photo.height - side - margin if corner >= 2 else margin
    done.paste(badge, (left, top), disc.reduce(2))
    return done


def mirror(photo: Photo) -> Photo:
    """Swap left and right."""
    return ImageOps.mirror(photo)


def collage(photos: Sequence[Photo], columns: int, gap: float = 0.02, colour: Colour = WHITE) -> Photo:
    """Lay photos side by side, row after row, in one picture of the first one's size.

    Parameters
    ----------
    photos : sequence of Image
        The first gives the shape of all panels; the others are cut to that shape. A last row that is not full is closed
        with ``colour``.
    columns : int
        At least 1.
    gap : float
        Between panels and around them, as a share of the picture's shorter side.
    colour : (int, int, int)
        Of the gaps.
    """
    first, rows = photos[0], -(-len(photos) // columns)
    space = round(gap * min(first.size))
    scale = min(
        (first.width - (columns + 1) * space) / columns / first.width,
        (first.height - (rows + 1) * space) / rows / first.height,
    )
    width, height = (max(1, round(scale * side)) for side in first.size)
    sheet = Image.new("RGB", (columns * (width + space) + space, rows * (height + space) + space), colour)
    for at, photo in enumerate(photos):
        row, column = divmod(at, columns)
        panel = ImageOps.fit(photo, (width, height), Image.Resampling.BICUBIC)
        sheet.paste(panel, (space + column * (width + space), space + row * (height + space)))
    return sheet


def caption_bar(photo: Photo, text: str, share: float, colour: Colour = (200, 30, 30), top: bool = False) -> Photo:
    """Lay a bar with a line of text over the photo.

    Parameters
    ----------
    photo : Image
    text : str
        Latin letters, or Chinese ones that ``glyphs.HAN`` has strokes for.
    share : float
        Height of the bar as a share of the photo's, 0 to 1.
    colour : (int, int, int)
        Of the bar; the letters are black or white, whichever reads better.
    top : bool
        At the top, not at the bottom.
    """
    height = max(9, round(share * photo.height))
    bar = Image.new("RGB", (photo.width, height), colour)
    word = lettering(text, max(6, round(0.7 * height)))
    if word.width > 0.94 * photo.width:
        across = max(1, round(0.94 * photo.width))
        word = word.resize((across, max(1, round(across * word.height / word.width))))
    bar.paste(_ink_on(colour), ((bar.width - word.width) // 2, (height - word.height) // 2), word)
    done = photo.copy()
    done.paste(bar, (0, 0 if top else photo.height - height))
    return done


def colour_shift(photo: Photo, gains: tuple[float, float, float]) -> Photo:
    """Multiply red, green and blue each by a gain, as another white balance would; 1 leaves a channel as it is."""
    return photo.point([min(255, round(level * gain)) for gain in gains for level in range(256)])


def recompress(photo: Photo, longest_px: int = 1000, quality: int = 50) -> Photo:
    """Send the photo through a messenger: at most ``longest_px`` on its longer side, and a JPEG of this quality."""
    sent = photo.copy()
    sent.thumbnail((longest_px, longest_px), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    sent.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def rotate(photo: Photo, degrees: float, fill: Colour = WHITE) -> Photo:
    """Turn the photo counter-clockwise about its middle; its size stays, the corners are filled."""
    return photo.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=fill)


def blur(photo: Photo, share: float) -> Photo:
    """Blur with a Gaussian whose standard deviation is a share of the shorter side (0.004 is slight)."""
    return photo.filter(ImageFilter.GaussianBlur(share * min(photo.size)))


def resize(photo: Photo, scale: float) -> Photo:
    """Scale both sides."""
    return stretch(photo, scale, scale)


def stretch(photo: Photo, across: float, down: float = 1.0) -> Photo:
    """Scale the width by ``across`` and the height by ``down``; a side never falls below one pixel."""
    size = (max(1, round(across * photo.width)), max(1, round(down * photo.height)))
    return photo.resize(size, Image.Resampling.BICUBIC)


def darken(photo: Photo, factor: float) -> Photo:
    """Multiply every channel by ``factor``, 0 (black) to 1 (as it was)."""
    return colour_shift(photo, (factor, factor, factor))


def noise(photo: Photo, rng: np.random.Generator, spread: float) -> Photo:
    """Add independent noise to every pixel and channel, with a standard deviation of ``spread`` grey levels."""
    # The sum of two uniform draws stands in for a normal one, at a fraction of its time; its own spread is 104.5.
    grains = rng.integers(0, 256, (2, photo.height, photo.width, 3), dtype=np.uint8)
    added = np.round((np.arange(511) - 255) * (spread / 104.5)).astype(np.int16)
    noisy = np.asarray(photo) + added.take(grains[0].astype(np.intp) + grains[1])
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def tilt(photo: Photo, share: float, side: int = 0, fill: Colour = WHITE) -> Photo:
    """Show the photo as if seen at an angle: one edge is shortened; the size stays.

    Parameters
    ----------
    photo : Image
    share : float
        How much of the edge is taken off at each of its ends, 0 to below 0.5.
    side : int
        0 to 3: the top, right, bottom or left edge is further away.
    fill : (int, int, int)
        What is seen beside the photo.
    """
    width, height = photo.size
    corners = np.asarray([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    seen = corners.copy()
    first, second = side % 4, (side + 1) % 4
    inwards = share * (corners[second] - corners[first])
    seen[first] += inwards
    seen[second] -= inwards
    rows = []
    for (x, y), (u, v) in zip(seen, corners, strict=True):
        rows.append((x, y, 1, 0, 0, 0, -u * x, -u * y))
        rows.append((0, 0, 0, x, y, 1, -v * x, -v * y))
    plane = np.linalg.solve(np.asarray(rows), corners.ravel())
    return photo.transform(
        photo.size, Image.Transform.PERSPECTIVE, plane.tolist(), Image.Resampling.BICUBIC, fillcolor=fill
    )


def _ink_on(colour: Colour) -> Colour:
    """Return white on what is dark and black on what is light."""
    return WHITE if 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2] < 150 else (20, 20, 20)


def _frame(photo: Photo, rng: np.random.Generator) -> Photo:
    return frame(photo, float(rng.uniform(0.08, 0.2)), _any_colour(rng))


def _crop(photo: Photo, rng: np.random.Generator) -> Photo:
    return crop(photo, 0.1, float(rng.uniform()), float(rng.uniform()))


def _watermark(photo: Photo, rng: np.random.Generator) -> Photo:
    return watermark(photo, str(rng.choice(SHOP_MARKS)), float(rng.uniform(0.25, 0.5)), float(rng.uniform(15, 40)))


def _logo(photo: Photo, rng: np.random.Generator) -> Photo:
    share, corner = float(rng.uniform(0.16, 0.28)), int(rng.integers(4))
    return logo(photo, str(rng.choice(SHOP_MARKS)), share, _any_colour(rng), corner)


def _mirror(photo: Photo, rng: np.random.Generator) -> Photo:
    return mirror(photo)


def _collage(photo: Photo, rng: np.random.Generator) -> Photo:
    """Put the photo into one of four panels; the other three show cloth."""
    photos = [any_cloth(rng, photo.size) for _ in range(3)]
    photos.insert(int(rng.integers(4)), photo)
    return collage(photos, 2)


def _caption_bar(photo: Photo, rng: np.random.Generator) -> Photo:
    text = str(rng.choice(HAN_PHRASES if rng.random() < 0.5 else LATIN_PHRASES))
    return caption_bar(photo, text, float(rng.uniform(0.1, 0.18)), _any_colour(rng), bool(rng.random() < 0.4))


def _colour_shift(photo: Photo, rng: np.random.Generator) -> Photo:
    red, green, blue = rng.uniform(0.8, 1.2, 3).tolist()
    return colour_shift(photo, (red, green, blue))


def _recompress(photo: Photo, rng: np.random.Generator) -> Photo:
    return recompress(photo)


def _rotate(photo: Photo, rng: np.random.Generator) -> Photo:
    return rotate(photo, float(rng.uniform(2, 4)) * (1 if rng.random() < 0.5 else -1))


def _blur(photo: Photo, rng: np.random.Generator) -> Photo:
    return blur(photo, float(rng.uniform(0.003, 0.007)))


def _resize(photo: Photo, rng: np.random.Generator) -> Photo:
    return resize(photo, float(rng.uniform(0.5, 0.8)))


def _any_colour(rng: np.random.Generator) -> Colour:
    """Return white, black or any colour, a third each."""
    red, green, blue = (int(level) for level in rng.integers(0, 256, 3))
    return (WHITE, (20, 20, 20), (red, green, blue))[int(rng.integers(3))]


#: The edits in spite of which a reused photo is to be found, each at a typical strength drawn at random.
EDITS: Mapping[str, Edit] = MappingProxyType(
    {
        "frame": _frame,
        "crop": _crop,
        "watermark": _watermark,
        "logo": _logo,
        "mirror": _mirror,
        "collage": _collage,
        "caption_bar": _caption_bar,
        "colour_shift": _colour_shift,
        "recompress": _recompress,
        "rotate": _rotate,
        "blur": _blur,
        "resize": _resize,
    }
)
