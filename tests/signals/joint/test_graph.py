"""A network as a graph: the same numbers, any number of rows, and no torch to run it."""

from __future__ import annotations

import logging
import pickle
import sys
from typing import Any

import numpy as np
import pytest
import torch

from umkm_classifier.errors import BundleCorruptError, InputError, MissingExtraError
from umkm_classifier.signals.joint.graph import Graph, export


class Sum(torch.nn.Module):
    def forward(self, present: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        return torch.where(present, vectors, 0.5).sum(dim=1)


def example(n: int) -> dict[str, Any]:
    dice = np.random.default_rng(n)
    return {
        "present": torch.from_numpy(dice.random((n, 3)) < 0.5),
        "vectors": torch.from_numpy(dice.normal(size=(n, 3)).astype(np.float32)),
    }


@pytest.fixture(scope="module")
def graph() -> Graph:
    return export(Sum().eval(), [example(3), example(1)], "sum")


def given(n: int) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in example(n).items()}


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_graph_gives_the_numbers_of_the_module_for_any_number_of_rows(n: int, graph: Graph) -> None:
    found = graph.run(given(n))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, Sum()(*example(n).values()).numpy(), rtol=0, atol=1e-6)


def test_a_graph_travels_to_another_process(graph: Graph) -> None:
    graph.run(given(1))  # opened
    again = pickle.loads(pickle.dumps(graph))
    np.testing.assert_array_equal(again.run(given(4)), graph.run(given(4)))


def test_a_graph_tells_nothing_of_the_machine_that_wrote_it(graph: Graph) -> None:
    assert b".py" not in graph.content
    assert b"torch/" not in graph.content


def test_exporting_says_nothing_and_leaves_logging_as_it_was(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    export(Sum().eval(), [example(2)], "sum")
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []
    assert capfd.readouterr() == ("", "")
    assert not [name for name in logging.root.manager.loggerDict if logging.getLogger(name).disabled]


def test_a_graph_that_differs_from_its_module_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Graph.run
    monkeypatch.setattr(Graph, "run", lambda self, inputs: run(self, inputs) + 2e-4)
    with pytest.raises(InputError) as caught:
        export(Sum().eval(), [example(2)], "sum")
    assert str(caught.value) == (
        "sum: expected the exported graph to give the network's numbers to 0.0001, found a difference of 0.0002. "
        "These versions of torch and onnxscript cannot export it: try others."
    )


def test_fault_63_a_damaged_graph_is_named(graph: Graph) -> None:
    with pytest.raises(BundleCorruptError) as caught:
        Graph(graph.content[: len(graph.content) // 2], "joint.listing").run(given(1))
    assert str(caught.value) == (
        "joint.listing: expected an ONNX graph, found InvalidProtobuf when reading it. Copy or train it again."
    )


@pytest.mark.parametrize("module", ["torch", "onnx", "onnxscript"])
def test_without_a_package_of_the_extra_the_message_names_it(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        export(Sum(), [example(2)], "sum")
    assert str(caught.value) == (
        f"this needs the package '{module}', which is not installed. "
        "Install it with: pip install 'umkm-classifier[deep]'"
    )
