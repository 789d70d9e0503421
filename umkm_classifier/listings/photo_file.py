"""The bytes of a photo, from a path that a table or the calling program names.

A table is written by strangers. A path of one may name a pipe that never ends, a device, a file outside the folder of
photos or a link that leads there, or an address on the network. So: a path is followed part by part from the folder
down, no link is followed on the way, nothing but a regular file is read, never more than ``MAX_BYTES`` of it, and
nothing is ever fetched.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from pathlib import Path

from umkm_classifier.errors import InputError

MAX_BYTES = 20_000_000  # the largest marketplaces take 10 MB

_MAX_PATH_BYTES = 4096  # of Linux
# A scheme of one letter is a drive of Windows: no such file here, but no address either.
_URL = re.compile(r"[a-z][a-z0-9+.\-]+:/|(?:data|blob|about|javascript|mailto):", re.IGNORECASE)
# Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_NOT_A_NAME = {errno.ENAMETOOLONG, errno.EINVAL}
_NOT_A_FILE = {errno.ENXIO, errno.EOPNOTSUPP, errno.ENODEV}  # what opening a socket says
_IS_LINK = {errno.ELOOP, errno.EMLINK}
# The machine is short of something: no fault of the photo's, so the caller hears of it as it is.
_MACHINE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class PhotoError(InputError):
    """A photo cannot be read. It costs the listing this photo and nothing else.

    Parameters
    ----------
    code : str
        A stable code: ``image_missing``, ``image_empty``, ``image_unsupported``, ``image_truncated``,
        ``image_corrupt``, ``image_too_large``, ``image_path_invalid``, ``image_path_outside_root`` or
        ``image_url_not_fetched``.
    message : str
        What was expected, what was found and what to do. Neither path nor content stands in it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)  # both, so that it travels between processes
        self.code = code
        self.message = message

    def __str__(self) -> str:
        """Return the message."""
        return self.message


def read_photo_file(path: str | Path, root: Path | None = None) -> bytes:
    """Read a photo.

    Parameters
    ----------
    path : str or Path
        Relative to ``root``, or absolute and below it. The name is tried as it is, then in Unicode's composed and
        decomposed form; upper and lower case are never mixed up.
    root : Path or None
        The folder that a path of a table must stay in. Links below it are not followed, wherever they lead; the folder
        itself may be one. None: the path comes from the calling program, so it may be absolute and lead through links.

    Returns
    -------
    bytes
        At most ``MAX_BYTES``, possibly none.

    Raises
    ------
    PhotoError
        With the code ``image_missing``, ``image_path_invalid``, ``image_path_outside_root``, ``image_url_not_fetched``
        or ``image_too_large``.
    OSError
        If this machine is out of memory or of open files.
    """
    name = os.fspath(path)
    _check_name(name)
    try:
        descriptor = _open_as_spelt(name, _FLAGS) if root is None else _open_below(os.path.abspath(root), name)
    except OSError as error:
        raise _refusal(error) from error
    try:
        return _read_regular(descriptor)
    except OSError as error:
        raise _refusal(error) from error
    finally:
        os.close(descriptor)


def _check_name(name: str) -> None:
    if not name.strip():
        raise PhotoError("image_missing", "a path of a photo expected, found none")
    if _URL.match(name.lstrip()):
        raise PhotoError(
            "image_url_not_fetched",
            "a path of a photo expected, found an address; nothing is fetched: download the photo and give its path or "
            "its content",
        )
    try:
        encoded = os.fsencode(name)
    except UnicodeEncodeError:
        raise _invalid("characters that no path can hold") from None
    if b"\0" in encoded:
        raise _invalid("characters that no path can hold")
    if len(encoded) > _MAX_PATH_BYTES:
        raise _invalid("one too long or malformed")


def _open_below(root: str, name: str) -> int:
    """Open a file below a folder, one part after the other, so that no link can be slipped in on the way."""
    full = os.path.normpath(os.path.join(root, name))
    if os.path.commonpath([root, full]) != root:
        raise _outside("one that leaves it")
    parts = os.path.relpath(full, root).split(os.sep)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = _open_as_spelt(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, folder)
            os.close(folder)
            folder = below
        return _open_as_spelt(parts[-1], _FLAGS | os.O_NOFOLLOW, folder)
    finally:
        os.close(folder)


def _open_as_spelt(name: str, flags: int, folder: int | None = None) -> int:
    """Open a name in the first of its Unicode forms that is there: a table and a disk often differ in them."""
    *forms, last = dict.fromkeys([name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)])
    for form in forms:
        try:
            return _open(form, flags, folder)
        except FileNotFoundError:
            continue
    return _open(last, flags, folder)


def _open(name: str, flags: int, folder: int | None) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except NotADirectoryError:
        # What a link to a folder gives when it is asked for as a folder and not followed.
        if flags & os.O_NOFOLLOW and stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise _outside("one through a link") from None
        raise


def _read_regular(descriptor: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise _invalid("a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device")
    if status.st_size <= MAX_BYTES:
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)  # it may have grown since
        if len(content) <= MAX_BYTES:
            return content
    raise too_many_bytes()


def too_many_bytes() -> PhotoError:
    """Return the error for a file above ``MAX_BYTES``."""
    return PhotoError(
        "image_too_large", f"a photo of at most {MAX_BYTES / 1e6:.0f} MB expected, found a larger file; make it smaller"
    )


def _refusal(error: OSError) -> PhotoError:
    """Turn what the system says into a fault of the photo, unless it is none."""
    if error.errno in _MACHINE:
        raise error
    if error.errno in _NOT_A_NAME:
        return _invalid("one too long or malformed")
    if error.errno in _NOT_A_FILE:
        return _invalid("a pipe or a device")
    if error.errno in _IS_LINK:
        return _outside("one through a link")
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return PhotoError("image_missing", f"a file that can be read expected, found: {reason}; check the folder of photos")


def _invalid(found: str) -> PhotoError:
    return PhotoError(
        "image_path_invalid", f"a path of a photo expected, found {found}; give the path of a picture file"
    )


def _outside(found: str) -> PhotoError:
    return PhotoError(
        "image_path_outside_root",
        f"a path that stays in the folder of photos expected, found {found}; copy the photo into that folder and give "
        "its path from there",
    )
