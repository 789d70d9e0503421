"""How well copies of real photos are found: ``python benchmarks/reuse.py PART --data FOLDER``; kept in ``RESULTS.md``.

``edits``: every photo that was kept for measuring, under the twelve listed edits and under edits of free sizes, beside
pHash and PDQ. ``large``: a sample of these among a hundred thousand photos. ``pairs``: draws a sheet of pairs that are
found and of which ``reuse_pairs.py`` says nothing yet.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from results import keep, table_head
from reuse_edits import FREE, LISTED
from reuse_judged import (
    Found,
    by_hash,
    by_reuse,
    hits,
    mean_recall,
    most_bits,
    pooled_precision,
    precision,
    shown,
    spanned,
    tally,
    wilson,
    wrong_of,
)
from reuse_large import large, speed
from reuse_pairs import PREFIX, RIGHT, SECOND, WRONG, Kinds, kinds_of, sheet
from reuse_queries import (
    HASHES,
    SEED,
    Asked,
    ask_all,
    halves,
    index_of,
    matched,
    photos_of,
    read_back,
    tasks_of,
    written,
)

PRECISION = 0.995
BARS = {"listed edits, mean recall": 0.97, "each of them": 0.93, "free sizes": 0.92, "precision": PRECISION}
HEADING = """## Reused photos

As printed by `benchmarks/reuse.py edits`, seed {seed}. {real} real photos are in the index; asked are edited copies of
{asked} of the {odd} at odd places of the list, which chose no number. Those at even places were looked at while
`reuse` was built, and set the bits of pHash (64 bits) and PDQ (256 bits) of the whole photo so that their precision is
{least} there. Collages of free size show drawn cloth or, half of the time, other photos of the index: to find those is
right too, but recall counts the edited photo alone. A second shot of the same cloth counts as a class of its own; the
same motif on another cloth is wrong. 95 % intervals: Wilson's for an edit, redraws of photos for means and for
precision over all. This is the fourth measuring. In the first three precision was 0.985, 0.9949 and 0.996 (free sizes
0.946, 0.932 and 0.926); after the first two, what a place found by sliding, or a photo near by its embedding alone,
must reach was raised; after the third, which kept the bars, colours and repeated patterns began to be compared, since
drawn cloths of one lattice were joined. All of it was chosen by photos at even places and by drawn ones. Figures
printed before these four had the halves the wrong way round.
"""


class Given(NamedTuple):
    """What the command line says."""

    part: str
    data: Path
    most: int | None
    jobs: int
    answers: Path | None
    sheet: Path


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("edits", "large", "pairs"))
    parser.add_argument("--data", type=Path, required=True, help="folder with the photos; see docs/data.md")
    parser.add_argument("--most", type=int, help="photos an edit at most; then nothing is kept")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--answers", type=Path, help="file of answers: read if it is there, else written")
    parser.add_argument("--sheet", type=Path, default=Path("pairs.png"), help="where 'pairs' draws")
    given = Given(**vars(parser.parse_args()))
    if given.part == "pairs":
        draw_pairs(given)
        return
    lines = edits(given) if given.part == "edits" else large(given.data, given.most, given.jobs)
    text = "\n".join(lines)
    if given.most is None:
        keep({"edits": "reuse", "large": "reuse among many"}[given.part], text)
    print(text)


def edits(given: Given) -> Iterable[str]:
    """Judge photos that were kept for measuring."""
    kinds = kinds_of([one.content for one in photos_of(given.data)])
    choosing, measuring = answered(given)
    real, queried = len(photos_of(given.data)), len({one.photo for one in measuring})
    yield HEADING.format(seed=SEED, real=real, asked=queried, odd=len(halves(real)[1]), least=PRECISION)
    most = [most_bits(choosing, at, kinds, PRECISION) for at in range(len(HASHES))]
    methods = {"reuse": by_reuse} | {name: by_hash(at, most[at]) for at, name in enumerate(HASHES)}
    yield from by_edit(measuring, methods, kinds)
    yield from overall(measuring, methods, kinds)
    yield f"Bits allowed: pHash {most[0]} of 64, PDQ {most[1]} of 256."
    panels = [row in one.found for one in measuring for row in one.shown - {one.photo}]
    yield f"Of the further photos that collages show, `reuse` finds {shown(sum(panels), len(panels))}."
    pairs = {frozenset((row, one.photo)) for one in measuring for row in wrong_of(one, by_reuse, kinds)}
    wrong = {one.photo for one in measuring if wrong_of(one, by_reuse, kinds)}
    yield f"Its wrong matches come from copies of {len(wrong)} photos and join {len(pairs)} pairs;"
    yield f"{sum(pair in kinds for pair in pairs)} of these pairs were looked at."
    yield from speed(given.data)


def answered(given: Given) -> tuple[list[Asked], list[Asked]]:
    """Return answers for photos of both halves: by whole hashes alone for those used while choosing."""
    if given.answers is not None and given.answers.exists():
        told = read_back(given.answers)
        return [one for one in told if one.photo % 2 == 0], [one for one in told if one.photo % 2]
    index, (even, odd) = index_of(given.data), halves(len(photos_of(given.data)))
    choosing = ask_all(given.data, None, tasks_of(even, given.most, SEED), even, SEED, given.jobs)
    measuring = ask_all(given.data, index, tasks_of(odd, given.most, SEED), odd, SEED, given.jobs)
    if given.answers is not None:
        written([*choosing, *measuring], given.answers)
    return choosing, measuring


def by_edit(answers: Sequence[Asked], methods: dict[str, Found], kinds: Kinds) -> Iterable[str]:
    """Tell recall and precision of each edit."""
    heads = ("n", "`reuse`, recall", "its precision", "second shots", "wrong", "pHash, recall", "PDQ, recall")
    yield table_head("edit", heads)
    for edit in (*LISTED, *FREE):
        asked = [one for one in answers if one.edit == edit]
        said = tally(asked, by_reuse, kinds)
        sure = spanned((precision(said), *wilson(said[RIGHT], said[RIGHT] + said[WRONG])))
        cells = [str(len(asked)), shown(hits(asked, by_reuse), len(asked)), sure, str(said[SECOND]), str(said[WRONG])]
        cells += [shown(hits(asked, methods[name]), len(asked)) for name in HASHES]
        yield f"| {edit.replace('_', ' ')} | " + " | ".join(cells) + " |"


def overall(answers: Sequence[Asked], methods: dict[str, Found], kinds: Kinds) -> Iterable[str]:
    """Tell means over edits, and whether the bars are kept."""
    heads = ("listed edits, mean recall", "least of them", "free sizes, mean recall", "precision", "right", "wrong")
    yield "\n" + table_head("method", heads)
    figures: dict[str, tuple[float, ...]] = {}
    for name, found in methods.items():
        asked = [[one for one in answers if one.edit == edit] for edit in LISTED]
        least, edit = min((hits(one, found) / len(one), edit) for one, edit in zip(asked, LISTED, strict=True))
        listed, free = (mean_recall(answers, found, some, SEED) for some in (LISTED, FREE))
        sure, said = pooled_precision(answers, found, kinds, SEED), tally(answers, found, kinds)
        cells = [spanned(listed), f"{least:.3f} ({edit.replace('_', ' ')})", spanned(free), spanned(sure)]
        yield f"| {name} | " + " | ".join([*cells, f"{said[RIGHT]:,}", str(said[WRONG])]) + " |"
        figures[name] = (listed[0], least, free[0], sure[0])
    yield "\nBars of `reuse`: " + "; ".join(
        f"{name} {value:.3f}, {'kept' if value >= bar else 'missed'} ({bar})"
        for (name, bar), value in zip(BARS.items(), figures["reuse"], strict=True)
    ) + ".\n"  # fmt: skip


def draw_pairs(given: Given) -> None:
    """Draw pairs of which nothing is known, found for photos as they are or in answers that were kept."""
    photos = photos_of(given.data)
    kinds = kinds_of([one.content for one in photos])
    if given.answers is None:
        pairs = matched(index_of(given.data), given.data)
    else:
        asked = answered(given)[1]
        pairs = {frozenset((row, one.photo)) for one in asked for row in wrong_of(one, by_reuse, kinds)}
    unknown = sorted(sorted(pair) for pair in pairs - set(kinds))
    pictures = [Image.fromarray(one.pixels) for one in photos]
    sheet([(pictures[first], pictures[second]) for first, second in unknown]).save(given.sheet)
    for first, second in unknown:
        print(photos[first].content[:PREFIX], photos[second].content[:PREFIX])


if __name__ == "__main__":
    main()
