"""Whatever happens to a bundle's files between writing and reading, faults 63 and 64 of the list."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_models import adapted_bundle, copy_of, manifest_of, sign
from umkm_classifier.bundle import load_bundle
from umkm_classifier.errors import BundleCorruptError, BundleError, BundleTooNewError

FILES = ("MODEL_CARD.md", "arrays.safetensors", "config.toml", "manifest.json", "rows.json", "words.json")
COPY_AGAIN = "Copy the bundle again or train it again."


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """A bundle to spoil; it lies on another one, so that every kind of file is in it."""
    return copy_of(adapted_bundle(), tmp_path)


@pytest.fixture(scope="module")
def flipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, int, int], BundleError]]:
    """Flip bits of one byte of a copy, load it, mend it, and return the error."""
    bundle = copy_of(adapted_bundle(), tmp_path_factory.mktemp("flipped"))

    def flip(name: str, at: int, bits: int) -> BundleError:
        whole = (bundle / name).read_bytes()
        broken = bytearray(whole)
        broken[at % len(whole)] ^= bits
        (bundle / name).write_bytes(broken)
        try:
            with pytest.raises(BundleError) as caught:
                load_bundle(bundle)
            return caught.value
        finally:
            (bundle / name).write_bytes(whole)

    yield flip
    load_bundle(bundle)  # mended each time: so it was the flip that was refused


def test_an_adapted_bundle_holds_its_base_whole() -> None:
    base = {f"base/{name}" for name in FILES}
    assert {path.relative_to(adapted_bundle()).as_posix() for path in adapted_bundle().rglob("*")} == {
        *FILES, *base, "base",
    }  # fmt: skip


@given(name=st.sampled_from([*FILES, *(f"base/{name}" for name in FILES)]), at=st.integers(0), bits=st.integers(1, 255))
def test_fault_63_a_flipped_byte_anywhere_is_refused(
    flipped: Callable[[str, int, int], BundleError], name: str, at: int, bits: int
) -> None:
    error = flipped(name, at, bits)
    assert type(error) is BundleCorruptError
    assert f"/{name}: " in str(error)


@given(at=st.integers(0), bits=st.integers(1, 255))
def test_fault_63_a_flipped_byte_in_the_manifest_is_refused_before_anything_else_is_read(
    flipped: Callable[[str, int, int], BundleError], at: int, bits: int
) -> None:
    error = flipped("manifest.json", at, bits)
    assert type(error) is BundleCorruptError
    assert str(error).endswith(f"the manifest as it was written expected, found a changed one. {COPY_AGAIN}")


@pytest.mark.parametrize("name", [*FILES, "base/arrays.safetensors", "base/manifest.json"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_fault_63_a_truncated_file_is_refused(spoilt: Path, name: str, share: float) -> None:
    content = (spoilt / name).read_bytes()
    (spoilt / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BundleCorruptError, match=re.escape(f"{spoilt / name}: the ")):
        load_bundle(spoilt)


@pytest.mark.parametrize("name", [name for name in FILES if name != "manifest.json"])
def test_fault_63_a_missing_file_is_named(spoilt: Path, name: str) -> None:
    (spoilt / name).unlink()
    with pytest.raises(BundleCorruptError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == f"{spoilt / name}: file of the bundle expected, found none\n{COPY_AGAIN}"


@pytest.mark.parametrize("name", ["weights.pkl", "base/extra.json", "notes/read me.txt"])
def test_fault_63_an_extra_file_is_named(spoilt: Path, name: str) -> None:
    (spoilt / name).parent.mkdir(exist_ok=True)
    (spoilt / name).write_bytes(b"")
    with pytest.raises(BundleCorruptError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == f"{spoilt / name}: no such file expected in the bundle, found one\n{COPY_AGAIN}"


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "base/.DS_Store"])
def test_what_a_file_browser_leaves_in_a_bundle_does_no_harm(spoilt: Path, name: str) -> None:
    (spoilt / name).parent.mkdir(exist_ok=True)
    (spoilt / name).write_bytes(b"Bud1")
    assert load_bundle(spoilt).model.views


def test_fault_63_every_wrong_file_is_named_at_once(spoilt: Path) -> None:
    (spoilt / "words.json").unlink()
    (spoilt / "rows.json").write_text("[]", encoding="utf-8")
    (spoilt / "more.json").write_text("[]", encoding="utf-8")
    with pytest.raises(BundleCorruptError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}/words.json: file of the bundle expected, found none\n"
        f"{spoilt}/more.json: no such file expected in the bundle, found one\n"
        f"{spoilt}/rows.json: the file as it was written expected, found a changed one\n{COPY_AGAIN}"
    )


def test_fault_63_a_linked_folder_is_refused_since_nothing_in_it_was_checked(spoilt: Path, tmp_path: Path) -> None:
    shutil.move(spoilt / "base", tmp_path / "elsewhere")
    (spoilt / "base").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleCorruptError, match=re.escape(f"{spoilt}/base: no such file expected in the bundle")):
        load_bundle(spoilt)


def test_a_linked_file_with_the_right_content_is_read(spoilt: Path, tmp_path: Path) -> None:
    shutil.move(spoilt / "words.json", tmp_path / "elsewhere")
    (spoilt / "words.json").symlink_to(tmp_path / "elsewhere")
    assert load_bundle(spoilt).manifest == manifest_of(adapted_bundle())


def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(spoilt: Path) -> None:
    (spoilt / "words.json").unlink()
    os.mkfifo(spoilt / "words.json")
    with pytest.raises(BundleCorruptError, match=r"words\.json: the file as it was written expected, found a changed"):
        load_bundle(spoilt)


@pytest.mark.parametrize("name", ["manifest.json", "nowhere"])
def test_what_is_no_bundle_is_no_corrupt_one_either(spoilt: Path, name: str) -> None:
    (spoilt / "manifest.json").unlink()
    place = spoilt if name == "manifest.json" else spoilt / name
    with pytest.raises(BundleError) as caught:
        load_bundle(place)
    assert type(caught.value) is BundleError
    assert str(caught.value) == (
        f"{place}: a folder with a trained model expected, found no manifest.json in it. Check the path, or train one "
        "with 'umkm train'."
    )


def test_a_file_in_place_of_the_folder_and_a_path_that_cannot_be_are_no_bundles(spoilt: Path) -> None:
    for place in (spoilt / "words.json", spoilt / "a\0b"):
        with pytest.raises(BundleError, match=r"a folder with a trained model expected, found no manifest\.json"):
            load_bundle(place)


def test_a_file_that_cannot_be_read_is_told_as_that(spoilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BundleError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}: a bundle that can be read expected, found: Permission denied. Check the path and its rights."
    )


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{}", b"[" * 200_000, b'{"a": NaN}', b"\xff\xfe{", b"9" * 5000]
)
def test_fault_63_a_manifest_of_any_other_content_is_refused(spoilt: Path, content: bytes) -> None:
    (spoilt / "manifest.json").write_bytes(content)
    with pytest.raises(BundleCorruptError, match="the manifest as it was written expected, found a changed one"):
        load_bundle(spoilt)


def test_fault_64_a_newer_format_names_the_version_that_reads_it(spoilt: Path) -> None:
    sign(spoilt, {"format": 4, "versions": {"umkm-classifier": "9.1.0"}})
    with pytest.raises(BundleTooNewError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}: format 3 expected, found format 4. It needs umkm_classifier >= 9.1.0: upgrade the package."
    )


def test_fault_64_an_earlier_format_asks_for_another_training(spoilt: Path) -> None:
    sign(spoilt, {"format": 1})
    with pytest.raises(BundleError) as caught:
        load_bundle(spoilt)
    assert str(caught.value) == (
        f"{spoilt}: format 3 expected, found format 1 of an earlier version. Train it again: 'umkm train DATA "
        "--config' with its config.toml."
    )


@pytest.mark.parametrize("format_", [0, -1, "1", None, 1.0, True])
def test_fault_64_a_format_that_never_was_is_refused(spoilt: Path, format_: object) -> None:
    sign(spoilt, {"format": format_})
    with pytest.raises(BundleCorruptError, match="the manifest as it was written expected"):
        load_bundle(spoilt)
