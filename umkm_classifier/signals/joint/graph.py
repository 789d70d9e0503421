"""A network as an ONNX graph: written with torch, kept as bytes, run without it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.onnx import session_options
from umkm_classifier.errors import BundleCorruptError, InputError, require

PARITY = 1e-4
OUTPUT = "out"
_NOISY = "torch.onnx._internal.exporter._registration"  # warns at every export that torchvision is not installed


class Graph:
    """An ONNX graph with one output, run by onnxruntime on one CPU thread.

    It is read at first use. Threads may share it, and it may travel to another process.

    Parameters
    ----------
    content : bytes
        The ONNX file.
    what : str
        Named in errors.
    """

    def __init__(self, content: bytes, what: str) -> None:
        self.content = content
        self.what = what
        self._lock = threading.Lock()
        self._session: Any = None

    def __reduce__(self) -> tuple[type[Graph], tuple[bytes, str]]:
        return Graph, (self.content, self.what)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Run the graph once.

        Raises
        ------
        BundleCorruptError
            If onnxruntime cannot read it.
        """
        return np.asarray(self._open().run([OUTPUT], dict(inputs))[0], dtype=np.float32)

    def _open(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = _session(self.content, self.what)
            return self._session


def export(module: Any, examples: Sequence[Mapping[str, Any]], what: str) -> Graph:
    """Write a module as a graph whose first axis is free, and compare the two.

    Parameters
    ----------
    module : torch.nn.Module
        On the CPU, in evaluation mode; takes the inputs in order and returns one tensor.
    examples : sequence of mappings of str to torch.Tensor
        Inputs by name, of different numbers of rows; the first one is traced and needs two rows or more.
    what : str
        Named in errors.

    Raises
    ------
    MissingExtraError
        If torch, onnx or onnxscript is not installed.
    InputError
        If the graph gives other numbers than the module (more than 1e-4 apart).
    """
    for name in ("torch", "onnx", "onnxscript"):
        require(name, "deep")
    import torch

    first = examples[0]
    with warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")  # torch warns about its own insides, of which the caller can do nothing
        program = torch.onnx.export(
            module,
            tuple(first.values()),
            dynamo=True,
            input_names=list(first),
            output_names=[OUTPUT],
            dynamic_shapes=[{0: torch.export.Dim.DYNAMIC} for _ in first],
            verbose=False,
        )
    if program is None:
        raise InputError(f"{what}: expected a graph from torch.onnx.export, found none. Report this.")
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # the stack of each, with the folders of the machine that exported it
    graph = Graph(program.model_proto.SerializeToString(), what)
    _check_parity(module, graph, examples)
    return graph


def _check_parity(module: Any, graph: Graph, examples: Sequence[Mapping[str, Any]]) -> None:
    import torch

    worst = 0.0
    for example in examples:
        with torch.inference_mode():
            expected = module(*example.values()).numpy()
        found = graph.run({name: tensor.numpy() for name, tensor in example.items()})
        worst = max(worst, float(np.abs(found - expected).max()))
    if not worst <= PARITY:  # not: catches NaN too
        raise InputError(
            f"{graph.what}: expected the exported graph to give the network's numbers to {PARITY:g}, found a "
            f"difference of {worst:.2g}. These versions of torch and onnxscript cannot export it: try others."
        )


def _session(content: bytes, what: str) -> Any:
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions share no base class below Exception
        if isinstance(error, MemoryError):
            raise
        raise BundleCorruptError(
            f"{what}: expected an ONNX graph, found {type(error).__name__} when reading it. Copy or train it again."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger(_NOISY)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
