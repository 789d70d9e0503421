"""``umkm predict``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from umkm_classifier.cli.options import ExpectedShare, Photos, put, say
from umkm_classifier.errors import InputError, UsageError
from umkm_classifier.listings.listing import LISTING_FIELDS


def predict(
    model: Annotated[str, typer.Argument(help="A bundle, models:/… or starter.")] = "starter",
    title: Annotated[str | None, typer.Option("--title", help="As the seller wrote it.")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    price: Annotated[str | None, typer.Option("--price", help="Rupiah: 450000, 'Rp450.000', '25rb'.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Levels joined by ' > '.")] = None,
    shop_name: Annotated[str | None, typer.Option("--shop-name")] = None,
    shop_city: Annotated[str | None, typer.Option("--shop-city")] = None,
    brand: Annotated[str | None, typer.Option("--brand")] = None,
    photo: Annotated[list[Path] | None, typer.Option("--photo", help="A picture; may be repeated.")] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", help="A listing or a list of them as JSON; '-' is stdin.")
    ] = None,
    shop_id: Annotated[str | None, typer.Option("--shop-id", help="Whose it is; for --index.")] = None,
    listed_at: Annotated[
        str | None, typer.Option("--listed-at", help="Date, 2026-05-01; for --index: who showed the photo first.")
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", help="An index of photos, from 'umkm index': who else shows them.")
    ] = None,
    photos: Photos = None,
    expected_share_imported: ExpectedShare = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the sentence: id or en.")] = "id",
) -> None:
    """Ask about one listing, or about those in a JSON file."""
    from umkm_classifier.listings.listed_photo import rooted
    from umkm_classifier.listings.prepare import prepare
    from umkm_classifier.serving.predictor import load

    if lang not in ("id", "en"):
        raise UsageError(f"--lang: 'id' or 'en' expected, found '{lang}'. Choose one of them.")
    given: dict[str, Any] = {
        "title": title, "description": description, "price": price, "category": category, "shop_name": shop_name,
        "shop_city": shop_city, "brand": brand, "photos": photo or None, "shop_id": shop_id,
        "listed_at": listed_at,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if bool(given) == (json_file is not None):
        raise UsageError(
            f"predict: options such as --title 'Kain batik tulis', or --json FILE expected, found "
            f"{'both' if given else 'neither'}. Give one of the two."
        )
    listings, is_list = _read_json(json_file) if json_file is not None else ([given], False)
    table = prepare(listings)[0]
    if json_file is not None:  # paths in a file that others wrote must not lead anywhere
        table = rooted(table, Path(photos) if photos else Path.cwd() if json_file == "-" else Path(json_file).parent)
    predictor = load(model, index=index, expected_share_imported=expected_share_imported)
    predictions = predictor.predict(table, explain="full")
    for prediction in predictions:
        say(prediction.say(lang))
    answers = [prediction.to_dict() for prediction in predictions]
    put(answers if is_list else answers[0])


def _read_json(file: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the listings, and whether a list was given: a list gets a list, one listing one answer."""
    where = "stdin" if file == "-" else file
    content = _read_bytes(file)
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where}: a listing, or a list of listings, as JSON in UTF-8 expected, found something else: {error}. "
            "Check the file."
        ) from error
    listings = found if isinstance(found, list) else [found]
    wrong = [at for at, listing in enumerate(listings) if not isinstance(listing, dict)]
    if wrong:
        raise InputError(
            f"{where}: JSON objects with fields such as {', '.join(LISTING_FIELDS[:3])} expected, found something else "
            f"at position {wrong[0]}, counted from 0 ({len(wrong)} in all). "
            'Write a listing as {"title": "…"}.'
        )
    return listings, isinstance(found, list)


def _read_bytes(file: str) -> bytes:
    """Read a file, or stdin: as bytes, since stdin has the terminal's encoding, which is not that of JSON."""
    if file == "-":
        if sys.stdin is None:  # where the process was started with it closed
            raise InputError(
                "stdin: listings as JSON expected, found it closed. Pipe them in, or name a file: --json FILE."
            )
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"{file}: a file with listings as JSON expected, found none that can be read: {found}. Check the path and "
            "its rights."
        ) from error
