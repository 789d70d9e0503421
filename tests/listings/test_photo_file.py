"""Paths that a table or a program names, and what may be read through them."""

from __future__ import annotations

import errno
import os
import pickle
import socket
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.listings import photo_file
from umkm_classifier.listings.photo_file import MAX_BYTES, PhotoError, read_photo_file

OUTSIDE = (
    "a path that stays in the folder of photos expected, found {}; copy the photo into that folder and give its path "
    "from there"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of photos, with a secret beside it."""
    folder = tmp_path / "photos"
    (folder / "shop").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"a")
    (folder / "shop" / "b.jpg").write_bytes(b"b")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return folder


def refused(path: str | Path, root: Path | None) -> tuple[str, str]:
    """Return the code and the message of the error that a path gives."""
    with pytest.raises(PhotoError) as caught:
        read_photo_file(path, root)
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.jpg", b"a"),
        ("./a.jpg", b"a"),
        ("shop/b.jpg", b"b"),
        ("shop//b.jpg", b"b"),
        ("shop/../a.jpg", b"a"),
        ("nowhere/../a.jpg", b"a"),  # nothing is followed, so '..' undoes whatever stands before it
        ("../photos/a.jpg", b"a"),
        (Path("shop/b.jpg"), b"b"),
    ],
)
def test_paths_inside_the_folder_are_read(root: Path, path: str | Path, content: bytes) -> None:
    assert read_photo_file(path, root) == content


def test_an_absolute_path_inside_the_folder_is_read(root: Path) -> None:
    assert read_photo_file(str(root / "shop" / "b.jpg"), root) == b"b"


def test_a_relative_folder_counts_from_the_working_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert read_photo_file("a.jpg", Path("photos")) == b"a"
    assert read_photo_file("photos/a.jpg") == b"a"
    assert refused("../secret.jpg", Path("photos"))[0] == "image_path_outside_root"


def test_the_folder_itself_may_be_a_link(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    assert read_photo_file("shop/b.jpg", root.parent / "link") == b"b"


def test_a_path_of_the_program_may_be_absolute_and_lead_through_links(root: Path) -> None:
    (root / "link.jpg").symlink_to(root.parent / "secret.jpg")
    assert read_photo_file(root.parent / "secret.jpg") == b"secret"
    assert read_photo_file(str(root / "link.jpg")) == b"secret"


@pytest.mark.parametrize("trusted", [False, True])
def test_fault_19_a_pipe_is_refused_and_not_waited_for(root: Path, trusted: bool) -> None:
    os.mkfifo(root / "pipe.jpg")
    path, folder = (root / "pipe.jpg", None) if trusted else ("pipe.jpg", root)
    assert refused(path, folder) == (
        "image_path_invalid",
        "a path of a photo expected, found a pipe or a device; give the path of a picture file",
    )


@pytest.mark.parametrize("trusted", [False, True])
def test_fault_19_a_socket_is_refused(root: Path, trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.jpg")
        assert refused("s.jpg", None if trusted else root)[0] == "image_path_invalid"


def test_fault_19_a_device_is_refused_and_not_read_for_ever() -> None:
    assert refused("/dev/zero", None)[0] == "image_path_invalid"
    assert refused("zero", Path("/dev"))[0] == "image_path_invalid"


@pytest.mark.parametrize("path", ["shop", "shop/", ".", "shop/.."])
def test_fault_19_a_folder_is_refused(root: Path, path: str) -> None:
    assert refused(path, root) == (
        "image_path_invalid",
        "a path of a photo expected, found a folder; give the path of a picture file",
    )


def test_fault_19_nothing_stays_open(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    (root / "link.jpg").symlink_to("a.jpg")
    before = len(os.listdir("/dev/fd"))
    for path in ("a.jpg", "shop/b.jpg", "shop", "shop/none.jpg", "pipe.jpg", "link.jpg", "a.jpg/x", "../secret.jpg"):
        for folder in (root, None):
            try:
                read_photo_file(path if folder else root / path, folder)
            except PhotoError:
                continue
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize(
    "path", ["../secret.jpg", "shop/../../secret.jpg", "../../../../../../etc/passwd", "/etc/passwd", "//host/x", ".."]
)
def test_fault_20_a_path_that_leaves_the_folder_is_refused(root: Path, path: str) -> None:
    assert refused(path, root) == ("image_path_outside_root", OUTSIDE.format("one that leaves it"))


def test_fault_20_a_folder_with_a_longer_name_is_outside(root: Path) -> None:
    (root.parent / "photos2").mkdir()
    (root.parent / "photos2" / "c.jpg").write_bytes(b"c")
    assert refused("../photos2/c.jpg", root)[0] == "image_path_outside_root"


@pytest.mark.parametrize("target", ["../secret.jpg", "/etc/passwd", "a.jpg", "nowhere.jpg", "link.jpg"])
def test_fault_20_a_link_is_refused_wherever_it_leads(root: Path, target: str) -> None:
    (root / "link.jpg").symlink_to(target)
    assert refused("link.jpg", root) == ("image_path_outside_root", OUTSIDE.format("one through a link"))


@pytest.mark.parametrize("target", ["..", "/etc", "shop"])
def test_fault_20_a_link_to_a_folder_is_not_followed(root: Path, target: str) -> None:
    (root / "link").symlink_to(target)
    for path in ("link/secret.jpg", "link/passwd", "link/b.jpg", "link/deeper/x.jpg"):
        assert refused(path, root) == ("image_path_outside_root", OUTSIDE.format("one through a link"))


@pytest.mark.parametrize("path", ["a\0.jpg", "a.jpg\0", "\ud800.jpg", "a" * 300 + ".jpg", "a/" * 2_500 + "b.jpg"])
def test_fault_21_what_no_path_can_be_is_refused(root: Path, path: str) -> None:
    found = "one too long or malformed" if len(path) > 100 else "characters that no path can hold"
    message = f"a path of a photo expected, found {found}; give the path of a picture file"
    assert refused(path, root) == refused(path, None) == ("image_path_invalid", message)


@pytest.mark.parametrize("path", ["", " ", "\t\n"])
@pytest.mark.parametrize("trusted", [False, True])
def test_fault_21_an_empty_path_is_a_missing_photo(root: Path, path: str, trusted: bool) -> None:
    assert refused(path, None if trusted else root) == ("image_missing", "a path of a photo expected, found none")


@pytest.mark.parametrize(
    "path",
    [
        "http://example.org/a.jpg",
        "HTTPS://example.org/a.jpg",
        " https://example.org/a.jpg",
        "file:///etc/passwd",
        "file:/etc/passwd",
        "s3://bucket/a.jpg",
        "gs://bucket/a.jpg",
        "ftp://example.org/a.jpg",
        "svn+ssh://example.org/a.jpg",
        "data:image/png;base64,AAAA",
        Path("https://example.org/a.jpg"),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_fault_22_an_address_is_never_fetched(root: Path, path: str | Path, trusted: bool) -> None:
    assert refused(path, None if trusted else root) == (
        "image_url_not_fetched",
        "a path of a photo expected, found an address; nothing is fetched: download the photo and give its path or its "
        "content",
    )


def test_fault_22_a_colon_alone_makes_no_address(root: Path) -> None:
    (root / "foto: kain.jpg").write_bytes(b"c")
    assert read_photo_file("foto: kain.jpg", root) == b"c"


@pytest.mark.parametrize(
    "path", ["C:\\x\\a.jpg", "C:/x/a.jpg", "shop\\b.jpg", "A.JPG", "a.jpg ", "none.jpg", "a.jpg/x"]
)
def test_fault_23_a_name_that_is_not_there_is_missing_and_no_other_is_guessed(root: Path, path: str) -> None:
    found = "Not a directory" if path.endswith("/x") else "No such file or directory"
    assert refused(path, root) == (
        "image_missing",
        f"a file that can be read expected, found: {found}; check the folder of photos",
    )


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
def test_fault_23_a_name_is_found_in_either_form_of_unicode(root: Path, on_disk: str, in_table: str) -> None:
    folder, name = "café", "kain é.jpg"
    (root / unicodedata.normalize(on_disk, folder)).mkdir()
    (root / unicodedata.normalize(on_disk, f"{folder}/{name}")).write_bytes(b"c")
    path = unicodedata.normalize(in_table, f"{folder}/{name}")
    assert read_photo_file(path, root) == b"c"
    assert read_photo_file(root / path) == b"c"


def test_fault_23_the_exact_name_comes_first(root: Path) -> None:
    for form in ("NFC", "NFD"):
        (root / unicodedata.normalize(form, "é.jpg")).write_bytes(form.encode())
    if len(list(root.glob("*.jpg"))) == 2:
        pytest.skip("this file system holds the two forms to be one name")
    for form in ("NFC", "NFD"):
        assert read_photo_file(unicodedata.normalize(form, "é.jpg"), root) == form.encode()


@pytest.mark.parametrize("trusted", [False, True])
def test_fault_15_a_huge_file_is_refused_unread(root: Path, trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with (root / "huge.jpg").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(photo_file, "open", None, raising=False)  # reading would fail
    path, folder = (root / "huge.jpg", None) if trusted else ("huge.jpg", root)
    assert refused(path, folder) == (
        "image_too_large",
        "a photo of at most 20 MB expected, found a larger file; make it smaller",
    )


def test_fault_15_a_file_that_grows_while_it_is_read_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "a.jpg").write_bytes(b"x" * 11)
    monkeypatch.setattr(photo_file, "MAX_BYTES", 10)
    as_it_was = os.stat_result((0o100644, 0, 0, 1, 0, 0, 10, 0, 0, 0))
    monkeypatch.setattr(photo_file.os, "fstat", lambda _: as_it_was)
    assert refused("a.jpg", root)[0] == "image_too_large"


def test_a_folder_of_photos_that_is_not_there_makes_them_missing(root: Path) -> None:
    assert refused("a.jpg", root / "none")[0] == "image_missing"


@pytest.mark.parametrize(("number", "code"), [(errno.EACCES, "image_missing"), (errno.EIO, "image_missing")])
def test_a_file_that_may_not_be_read_is_missing(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    monkeypatch.setattr(photo_file.os, "open", failing(number))
    assert refused("a.jpg", root) == (
        code,
        f"a file that can be read expected, found: {os.strerror(number)}; check the folder of photos",
    )


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_a_machine_that_is_short_of_something_is_no_fault_of_the_photo(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(photo_file.os, "open", failing(number))
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        read_photo_file("a.jpg", root)
    assert not isinstance(caught.value, PhotoError)
    assert caught.value.errno == number


def failing(number: int) -> object:
    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    return fail


@given(st.text(max_size=40))
def test_any_text_as_a_path_is_refused_or_read_from_inside(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    code = refused(path, folder)[0]
    assert code in {"image_missing", "image_path_invalid", "image_path_outside_root", "image_url_not_fetched"}


def test_an_error_travels_between_processes() -> None:
    error = pickle.loads(pickle.dumps(PhotoError("image_missing", "none")))
    assert (type(error), error.code, error.message, str(error)) == (PhotoError, "image_missing", "none", "none")
