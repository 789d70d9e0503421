"""What a graph holds is the model: nothing of the machine that exported it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.encoders.image_models import exported_model


def folders_of_this_machine() -> list[bytes]:
    return [
        str(Path(place)).encode() for place in (Path(__file__).parents[2], sys.prefix, Path.home()) if str(place) != "/"
    ]


@pytest.mark.parametrize("kind", ["text", "photo"])
def test_no_folder_of_this_machine_stands_in_a_graph(kind: str, exported_folder: Callable[[str], Path]) -> None:
    folder = exported_folder("bert") if kind == "text" else exported_model("vit")
    graph = (folder / "model.onnx").read_bytes()
    assert len(graph) > 10_000
    assert [place for place in folders_of_this_machine() if place in graph] == []
