"""``umkm index``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umkm_classifier.cli.options import Data, Encoding, Photos, put, say, show_rejects
from umkm_classifier.cli.progress import working


def index(
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder of the new index.")],
    add: Annotated[
        Path | None, typer.Option("--add", help="An index that the new one goes on from; it stays as it is.")
    ] = None,
    photos: Photos = None,
    encoding: Encoding = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the index at --out.")] = False,
) -> None:
    """Keep what is needed to find a table's photos again in other shops, whatever was done to them."""
    from umkm_classifier.indexing import index as build

    with working(f"looking at the photos of {data}"):
        built = build(data, out, add=add, photos=photos, encoding=encoding or "utf-8", overwrite=overwrite)
    show_rejects(data, built.rejects)
    for code, count in sorted(built.refused.items()):
        say(f"  note: {count} {'photo' if count == 1 else 'photos'} left out: {code}")
    if built.n_without_shop:
        rows = "row has" if built.n_without_shop == 1 else "rows have"
        say(f"  note: {built.n_without_shop} {rows} photos and no shop_id: left out, nobody knows whose they are")
    say(f"{out}: {built.n_photos} photos of {built.n_shops} shops ({built.n_new} of them new), {built.id}")
    put({"index": str(out), "id": built.id, "photos": built.n_photos, "shops": built.n_shops, "new": built.n_new})
