"""What it says of a listing that its photos hang in other shops."""

from __future__ import annotations

import functools
import hashlib
import io
import pickle
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.colour_encoder import ColourEncoder
from umkm_classifier.listings.photo import open_photo
from umkm_classifier.listings.prepare import prepare
from umkm_classifier.signals.reuse.fingerprint import fingerprint
from umkm_classifier.signals.reuse.index import PhotoIndex, Showing, empty_index
from umkm_classifier.signals.reuse.view import MOST, Reuse, ReuseView, iso_date
from umkm_classifier.simulate.edits import frame, mirror
from umkm_classifier.simulate.textures import any_cloth


@functools.cache
def cloth(seed: int) -> Image.Image:
    return any_cloth(np.random.default_rng(seed), (320, 320))


def file_of(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def index_of(*shown: tuple[bytes, str, str, str]) -> PhotoIndex:
    prints, showings = [], []
    for file, shop, listing_id, listed_at in shown:
        content, pixels = hashlib.sha256(file).hexdigest(), open_photo(file, at_least=512).pixels
        prints.append((content, fingerprint(pixels, ColourEncoder().encode([pixels])[0])))
        showings.append((content, Showing(shop, listing_id, listed_at)))
    return empty_index().with_more(prints, showings)


def look_up(index: PhotoIndex, **listing: Any) -> Reuse | None:
    table = prepare([{"title": "Kain batik", **listing}])[0]
    return ReuseView(index, ColourEncoder(), "v1-0").look_up(table)[0]


@functools.cache
def three_shops() -> PhotoIndex:
    return index_of(
        (file_of(cloth(1)), "A", "a1", "2024-05-01"),
        (file_of(mirror(cloth(1))), "B", "b1", "2024-03-01"),
        (file_of(cloth(2)), "C", "c1", ""),
    )


def test_a_photo_is_found_in_other_shops_in_spite_of_what_was_done_to_it() -> None:
    found = look_up(three_shops(), shop_id="D", photos=[file_of(frame(cloth(1), 0.1))], listed_at="2024-06-01")
    assert found is not None
    assert found.shops == ("B", "A")
    assert found.first == "there"
    assert found.log_odds == pytest.approx(0.4 * np.log2(3))
    assert found.evidence().what == "photo 1 also in 2 other shops (B, A), first there"
    assert found.evidence().source == "photo"


def test_a_photo_in_the_shop_of_its_own_listing_is_no_reuse() -> None:
    assert look_up(three_shops(), shop_id="C", photos=[file_of(cloth(2))]) is None
    found = look_up(three_shops(), shop_id="A", photos=[file_of(cloth(1))])
    assert found is not None
    assert found.shops == ("B",)


def test_where_the_shop_is_not_known_nothing_is_said() -> None:
    assert look_up(three_shops(), photos=[file_of(cloth(1))]) is None


def test_a_photo_that_nobody_else_shows_is_no_reuse() -> None:
    assert look_up(three_shops(), shop_id="D", photos=[file_of(cloth(3))]) is None
    assert look_up(three_shops(), shop_id="D") is None
    assert look_up(empty_index(), shop_id="D", photos=[file_of(cloth(1))]) is None


def test_who_showed_a_photo_first_has_nothing_to_answer_for() -> None:
    found = look_up(three_shops(), shop_id="D", photos=[file_of(cloth(1))], listed_at="2023-12-31")
    assert found is not None
    assert (found.first, found.log_odds) == ("here", 0.0)
    assert found.evidence().what == "photo 1 also in 2 other shops (B, A), first here"


def test_a_shop_that_showed_it_in_an_earlier_listing_was_first_too() -> None:
    index = index_of((file_of(cloth(1)), "A", "a1", "2020-01-01"), (file_of(cloth(1)), "B", "b1", "2022-01-01"))
    found = look_up(index, shop_id="A", photos=[file_of(cloth(1))], listed_at="2024-06-01")
    assert found is not None
    assert (found.shops, found.first) == (("B",), "here")


def test_a_photo_shown_here_first_does_not_hide_another_that_was_not() -> None:
    index = index_of(
        *((file_of(cloth(1)), shop, "l", "2024-01-01") for shop in "ABC"), (file_of(cloth(2)), "D", "d", "2020-01-01")
    )
    found = look_up(index, shop_id="M", photos=[file_of(cloth(1)), file_of(cloth(2))], listed_at="2022-01-01")
    assert found is not None
    assert (found.photo, found.first) == (2, "there")


def test_a_picture_that_says_that_there_is_none_is_neither_looked_up_nor_found() -> None:
    card = file_of(cloth(1))
    known = frozenset((hashlib.sha256(card).hexdigest(),))
    table = prepare([{"title": "Kain", "shop_id": "M", "photos": [card]}])[0]
    assert ReuseView(three_shops(), ColourEncoder(), "v1-0", known).look_up(table) == [None]
    copy = prepare([{"title": "Kain", "shop_id": "M", "photos": [file_of(frame(cloth(1), 0.1))]}])[0]
    (found,) = ReuseView(three_shops(), ColourEncoder(), "v1-0", known).look_up(copy)
    assert found is not None
    assert found.shops == ("B",)


def test_a_view_that_was_asked_can_be_sent_to_another_process() -> None:
    view = ReuseView(three_shops(), ColourEncoder(), "v1-0")
    table = prepare([{"title": "Kain", "shop_id": "D", "photos": [file_of(cloth(1))]}])[0]
    assert pickle.loads(pickle.dumps(view)).look_up(table) == view.look_up(table)


@pytest.mark.parametrize("listed_at", ["", "kemarin", "2024-03-01"])
def test_nobody_was_first_where_a_date_is_missing_or_the_same(listed_at: str) -> None:
    found = look_up(three_shops(), shop_id="D", photos=[file_of(cloth(1))], listed_at=listed_at)
    assert found is not None
    assert found.first == ""
    assert found.evidence().what == "photo 1 also in 2 other shops (B, A)"


def test_of_several_photos_the_one_in_most_shops_counts_and_is_named_by_its_place() -> None:
    photos = [file_of(cloth(9)), file_of(cloth(2)), file_of(cloth(1))]
    found = look_up(three_shops(), shop_id="D", photos=photos)
    assert found is not None
    assert (found.photo, found.shops) == (3, ("B", "A"))


def test_a_photo_that_cannot_be_opened_costs_that_photo_alone() -> None:
    found = look_up(three_shops(), shop_id="D", photos=[b"no picture", file_of(cloth(2))])
    assert found is not None
    assert (found.photo, found.shops) == (2, ("C",))


def test_even_a_plain_picture_is_found_where_the_file_is_the_same() -> None:
    white = file_of(Image.new("RGB", (300, 300), "white"))
    other = file_of(Image.new("RGB", (320, 300), "white"))
    found = look_up(index_of((white, "A", "a1", "")), shop_id="B", photos=[white])
    assert found is not None
    assert found.shops == ("A",)
    assert look_up(index_of((white, "A", "a1", "")), shop_id="B", photos=[other]) is None


def test_an_own_earlier_photo_counts_also_where_another_shop_is_known_by_its_file_alone() -> None:
    small = Image.new("RGB", (640, 640), "white")
    small.paste(cloth(3).resize((52, 52)), (84, 84))
    own = file_of(small.crop((0, 0, 213, 213)))
    index = index_of((file_of(small), "B", "b1", "2024-02-01"), (own, "A", "a1", "2024-01-01"))
    found = look_up(index, shop_id="A", photos=[file_of(small)], listed_at="2024-03-01")
    assert found is not None
    assert (found.shops, found.first, found.log_odds) == (("B",), "here", 0.0)


def test_what_it_says_grows_with_the_shops_and_is_capped() -> None:
    of = [Reuse(1, tuple(Showing(f"s{at}", "l", "") for at in range(n)), "").log_odds for n in (1, 2, 7, 1000)]
    assert of == [0.4, pytest.approx(0.634, abs=1e-3), MOST, MOST]


def test_of_many_shops_three_are_named() -> None:
    many = Reuse(2, tuple(Showing(f"s{at}", "l", "") for at in range(5)), "")
    assert many.evidence().what == "photo 2 also in 5 other shops (s0, s1, s2, …)"


def test_an_answer_does_not_depend_on_the_batch() -> None:
    rows = [{"title": "Kain", "shop_id": "D", "photos": [file_of(cloth(seed))]} for seed in (1, 2, 3)]
    view = ReuseView(three_shops(), ColourEncoder(), "v1-0")
    together = view.look_up(prepare(rows)[0])
    assert together == [view.look_up(prepare([row])[0])[0] for row in rows]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T10:00", "2024-05-01"),
        ("1 Mei 2024", ""),
        ("0000-00-00", ""),
        ("", ""),
    ],
)
def test_only_iso_dates_are_compared(text: str, date: str) -> None:
    assert iso_date(text) == date
