"""Where a shop is, from the ways that sellers and marketplaces write it."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.listings import places
from umkm_classifier.listings.places import Place, is_indonesian, place_of, provinces_of

PROVINCES_2020 = 34


@pytest.mark.parametrize(
    ("text", "place", "province"),
    [
        ("Kab. Bandung Barat", "Kabupaten Bandung Barat", "Jawa Barat"),
        ("Kab.Ciamis", "Kabupaten Ciamis", "Jawa Barat"),
        ("Kabupaten Sleman", "Kabupaten Sleman", "DI Yogyakarta"),
        ("Kota Jakarta Timur", "Kota Jakarta Timur", "DKI Jakarta"),
        ("Kota Administrasi Jakarta Timur", "Kota Jakarta Timur", "DKI Jakarta"),
        ("Kab. Adm. Kep. Seribu", "Kabupaten Kepulauan Seribu", "DKI Jakarta"),
        ("KOTA SURABAYA", "Kota Surabaya", "Jawa Timur"),
        ("Surakarta (Solo)", "Kota Surakarta", "Jawa Tengah"),
        ("Kota Surakarta (Solo), Jawa Tengah", "Kota Surakarta", "Jawa Tengah"),
        ("Solo", "Kota Surakarta", "Jawa Tengah"),
        ("Jogja", "Kota Yogyakarta", "DI Yogyakarta"),
        ("Jaksel", "Kota Jakarta Selatan", "DKI Jakarta"),
        ("Bekasi Kota", "Kota Bekasi", "Jawa Barat"),
        ("Bogor Kab.", "Kabupaten Bogor", "Jawa Barat"),
        ("Dikirim dari Kota Semarang", "Kota Semarang", "Jawa Tengah"),
        ("Dikirim Dari: Kab. Klaten", "Kabupaten Klaten", "Jawa Tengah"),
        ("Bandung Jawa Barat", "Kota Bandung", "Jawa Barat"),
        ("Kab Sleman DIY", "Kabupaten Sleman", "DI Yogyakarta"),
        ("Medan, Sumatera Utara, Indonesia", "Kota Medan", "Sumatera Utara"),
        ("KAB. BOGOR - CIAMPEA, JAWA BARAT, ID", "Kabupaten Bogor", "Jawa Barat"),
        ("Pare-Pare", "Kota Parepare", "Sulawesi Selatan"),
        ("Kota Banjarbaru", "Kota Banjar Baru", "Kalimantan Selatan"),
        ("Toli-Toli", "Kabupaten Toli-Toli", "Sulawesi Tengah"),
    ],
)
def test_a_place_is_read_however_it_is_written(text: str, place: str, province: str) -> None:
    found = place_of(text)
    assert found is not None
    assert (str(found), found.province) == (place, province)


def test_a_bare_name_that_a_city_and_a_regency_share_is_the_city() -> None:
    assert place_of("Bandung") == Place("Bandung", "kota", "Jawa Barat")
    assert place_of("Kab. Bandung") == Place("Bandung", "kabupaten", "Jawa Barat")


def test_the_city_and_the_regency_banjar_lie_in_two_provinces() -> None:
    assert place_of("Banjar") == place_of("Kota Banjar") == Place("Banjar", "kota", "Jawa Barat")
    assert place_of("Kab. Banjar") == Place("Banjar", "kabupaten", "Kalimantan Selatan")


def test_a_name_that_begins_with_kota_is_not_cut() -> None:
    assert place_of("Kotabaru") == place_of("Kab. Kota Baru") == Place("Kota Baru", "kabupaten", "Kalimantan Selatan")
    assert place_of("Kotawaringin Barat") == Place("Kotawaringin Barat", "kabupaten", "Kalimantan Tengah")


def test_a_wrong_kind_is_forgiven() -> None:
    assert place_of("Kota Sidoarjo") == Place("Sidoarjo", "kabupaten", "Jawa Timur")
    assert place_of("Kab. Surabaya") == Place("Surabaya", "kota", "Jawa Timur")


def test_a_province_alone_is_a_place() -> None:
    assert place_of("Jakarta") == place_of("Kota Jakarta") == Place("DKI Jakarta", "provinsi", "DKI Jakarta")
    assert place_of("Prov. Bali") == Place("Bali", "provinsi", "Bali")
    assert str(place_of("Jatim")) == "Jawa Timur"


def test_an_address_lies_where_its_largest_place_does() -> None:
    assert place_of("Depok") == Place("Depok", "kota", "Jawa Barat")
    assert place_of("Depok, Sleman") == Place("Sleman", "kabupaten", "DI Yogyakarta")
    assert place_of("Sleman, Yogyakarta") == Place("Sleman", "kabupaten", "DI Yogyakarta")


@pytest.mark.parametrize(
    "text", ["", "   ", "Kota", "Kab.", "Shenzhen", "Luar Negeri", "Indonesia", "Gudang 3", "()", ", ,"]
)
def test_no_place_is_made_up(text: str) -> None:
    assert place_of(text) is None


@pytest.mark.parametrize(
    "text", ["Kota Bandung", "Jawa Tengah", "Indonesia", "Dalam Negeri", "Dikirim dari Solo", "Kab. Jepara, ID"]
)
def test_indonesian_places_of_dispatch_are_indonesian(text: str) -> None:
    assert is_indonesian(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "China",
        "Luar Negeri",
        "Dikirim dari luar negeri",
        "China (gudang Jakarta)",
        "Hong Kong",
        "Guangzhou, Cina",
        "Atlantis",
    ],
)
def test_foreign_unknown_and_empty_places_of_dispatch_are_not_indonesian(text: str) -> None:
    assert is_indonesian(text) is False


def test_provinces_come_value_by_value_as_objects() -> None:
    found = provinces_of(np.array(["Solo", "", "Shenzhen", "KOTA SURABAYA"], dtype=object))
    assert found.dtype == np.dtype(object)
    assert found.tolist() == ["Jawa Tengah", "", "", "Jawa Timur"]
    assert provinces_of([None, "Medan"]).tolist() == ["", "Sumatera Utara"]
    assert provinces_of([]).shape == (0,)


def test_the_list_holds_every_city_and_regency_of_2020() -> None:
    known = places._gazetteer()
    assert len({(place.name, place.province) for place in known.cities.values()}) == 98
    assert len({(place.name, place.province) for place in known.regencies.values()}) == 416
    assert len({place.province for place in known.provinces.values()}) == PROVINCES_2020


def test_every_place_is_found_by_its_own_name() -> None:
    known = places._gazetteer()
    everywhere = {*known.cities.values(), *known.regencies.values(), *known.provinces.values()}
    others = {str(place) for place in everywhere if place_of(str(place)) != place}
    assert others == {"Jambi", "Bengkulu", "Gorontalo"}  # provinces that share their name with their capital


@given(st.text(max_size=250))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = place_of(text)
    assert found is None or found.province
    assert is_indonesian(text) in (True, False)


@pytest.mark.parametrize("hostile", ["((((" * 50_000, "kota " * 50_000, ", - / ; | " * 50_000, "\ufdfa" * 50_000])
def test_fault_35_hostile_text_costs_no_time(hostile: str) -> None:
    started = time.perf_counter()
    assert place_of(hostile) is None
    assert is_indonesian(hostile) is False
    assert time.perf_counter() - started < 1.0


@pytest.mark.real
@pytest.mark.parametrize(
    "table",
    [
        "blibli/listings.csv",
        "blibli/unlabelled.csv",
        "shopee/listings.csv",
        "tokopedia_bpom/listings.csv",
        "tokopedia_bpom/unlabelled.csv",
        "tokopedia_search/titles.csv",
    ],
)
def test_nearly_every_shop_of_a_real_table_has_a_province(real_data: Path, table: str) -> None:
    with (real_data / table).open(encoding="utf-8", newline="") as file:
        cities = [row["shop_city"] for row in csv.DictReader(file) if row["shop_city"].strip()]
    found = provinces_of(cities)
    assert len(cities) > 100
    assert np.mean(found != "") >= 0.97
