"""Lettering on pictures: Latin from Pillow's own font, some Chinese characters stroke by stroke.

No font with Han glyphs is shipped or looked for, so that a picture is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

# Strokes as corners on a grid of ten by ten, across and down: '15-85' runs from (1, 5) to (8, 5).
HAN = {
    "一": "15-85",
    "三": "21-81 35-65 08-98",
    "上": "50-58 54-84 08-98",
    "下": "01-91 51-59 54-75",
    "不": "01-91 61-06 52-59 63-97",
    "个": "50-05 50-95 54-59",
    "中": "22-82-86-26-22 50-59",
    "人": "51-54-09 54-99",
    "件": "20-04 13-19 51-33 43-93 36-96 70-79",
    "元": "21-71 04-94 34-36-09 64-68-98-97",
    "全": "50-04 50-94 25-75 27-77 09-99 55-59",
    "出": "50-59 11-14-84-81 06-09-99-96",
    "十": "05-95 50-59",
    "千": "70-21 04-94 51-59",
    "厂": "21-91 21-24-09",
    "古": "02-92 50-55 25-75-79-29-25",
    "品": "30-70-74-34-30 05-45-49-09-05 55-95-99-59-55",
    "口": "22-82-88-28-22",
    "国": "00-90-99-09-00 22-72 25-75 17-87 52-57 65-76",
    "大": "03-93 50-54-09 54-99",
    "天": "21-81 04-94 51-54-09 54-99",
    "小": "50-59-39 24-07 74-97",
    "山": "13-18-88-83 50-58",
    "工": "21-81 51-58 08-98",
    "平": "11-81 22-34 72-64 05-95 51-59",
    "开": "11-81 04-94 31-34-09 71-79",
    "日": "21-71-79-29-21 25-75",
    "木": "03-93 50-59 53-09 53-99",
    "本": "03-93 50-59 53-08 53-98 37-67",
    "正": "11-81 51-58 55-85 24-28 08-98",
    "王": "11-81 25-75 08-98 51-58",
    "生": "30-13 22-82 25-75 08-98 50-58",
    "用": "11-81-89 11-16-09 14-84 16-86 51-59",
    "田": "11-81-89-19-11 15-85 51-59",
    "百": "01-91 51-33 23-73-79-29-23 26-76",
    "门": "10-21 13-19 31-91-99-79",
}
# 'Factory', 'genuine', 'for export', 'China', 'daily goods', 'our factory', 'nationwide', 'in hundreds' and the like.
HAN_PHRASES = (
    "工厂正品", "出口正品", "中国工厂", "本厂出口", "日用品", "全国上品", "百件大厂", "天天正品", "大山木工",
    "工厂百元", "古王正品", "十件本厂",
)  # fmt: skip


def lettering(text: str, height: int) -> Image.Image:
    """Return one line of text as a mask.

    Parameters
    ----------
    text : str
        Not empty. Chinese characters must be among ``HAN``; all others are drawn with Pillow's own font.
    height : int
        Pixels, at least 6.

    Returns
    -------
    Image
        Mode 'L', ``height`` pixels high, 255 where there is ink.

    Raises
    ------
    ValueError
        If a Chinese character is none of ``HAN``.
    """
    unknown = sorted({letter for letter in text if _is_han(letter)} - set(HAN))
    if unknown:
        raise ValueError(
            f"lettering: Chinese characters with strokes of their own expected, found {' '.join(unknown)}. Use those "
            "of HAN, or add strokes there."
        )
    parts = [part for run, han in _runs(text) for part in (_strokes(run, height) if han else [_latin(run, height)])]
    line = Image.new("L", (sum(part.width for part in parts), height))
    left = 0
    for part in parts:
        line.paste(part, (left, 0))
        left += part.width
    return line


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    return (("".join(run), han) for han, run in groupby(text, _is_han))


def _is_han(letter: str) -> bool:
    return "㐀" <= letter <= "鿿"


def _strokes(text: Iterable[str], height: int) -> list[Image.Image]:
    return [_han(letter, height) for letter in text]


@lru_cache(maxsize=256)
def _han(letter: str, height: int) -> Image.Image:
    """Draw one character twice as large and halve it, which smooths its strokes."""
    side = 2 * height
    glyph = Image.new("L", (side, side))
    draw = ImageDraw.Draw(glyph)
    for stroke in HAN[letter].split():
        corners = [((1 + int(xy[0])) * side / 11, (1 + int(xy[1])) * side / 11) for xy in stroke.split("-")]
        draw.line(corners, fill=255, width=max(2, round(0.085 * side)), joint="curve")
    return glyph.reduce(2)


@lru_cache(maxsize=256)
def _latin(text: str, height: int) -> Image.Image:
    font = ImageFont.load_default(0.78 * height)
    part = Image.new("L", (max(1, round(font.getlength(text))), height))
    ImageDraw.Draw(part).text((0, height / 2), text, fill=255, font=font, anchor="lm")
    return part
