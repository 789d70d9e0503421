"""A text encoder as one ONNX graph: written with torch, served without it.

A folder holds ``model.onnx`` (ids and mask in, unit vectors out), ``tokenizer.json`` and ``encoder.json``, which is
written last and says how to use the other two.
"""

from __future__ import annotations

import hashlib
import json
import threading
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.encoders.batches import encode_distinct
from umkm_classifier.encoders.tokens import TextTokens, encode_tokens
from umkm_classifier.encoders.transformer import LoadedModel, TransformersEncoder
from umkm_classifier.errors import (
    BundleCorruptError,
    BundleTooNewError,
    InputError,
    OutputConflictError,
    require,
    show_ten,
)

FORMAT = 1
MODEL, TOKENIZER, SETTINGS = "model.onnx", "tokenizer.json", "encoder.json"
PARITY = 1e-4
_ROWS_KEY = "umkm_embedding_rows"  # stands in the graph itself, so that a swapped tokenizer is found out
_MOST_BYTES = 2**31 - 2**20  # a protobuf message ends at 2 GiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``encoder.json`` says: how texts become ids, and what the graph expects."""

    format: int
    id: str
    dim: int
    max_tokens: int
    prefix: str
    pad_id: int
    vocab_size: int
    tokenizer_sha256: str


def export_text_encoder(name_or_path: str, folder: Path) -> None:
    """Write a transformers model as a folder that ``OnnxTextEncoder`` serves.

    Parameters
    ----------
    name_or_path : str
        A folder or a name on the hub, 'e5:' before it for the E5 prefix; see ``text_encoder``.
    folder : Path
        Made when absent; must be empty otherwise.

    Raises
    ------
    MissingExtraError
        If torch, transformers, onnx or onnxscript is not installed.
    InputError
        If the model cannot be read, has only a slow tokenizer, is larger than one ONNX file can be, or if the written
        graph gives other vectors than the model (more than 1e-4 apart).
    OutputConflictError
        If the folder is not empty.
    """
    for module in ("torch", "onnx", "onnxscript"):
        require(module, "deep")
    encoder = TransformersEncoder.from_spec(name_or_path)
    loaded = encoder.load()
    size = sum(values.numel() * values.element_size() for values in loaded.module.state_dict().values())
    if size > _MOST_BYTES:
        raise InputError(
            f"text encoder '{name_or_path}': expected weights below 2 GiB, found {size / 2**30:.1f} GiB. "
            "Choose a smaller model."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise OutputConflictError(
            f"{folder}: expected an empty folder to write to, found files in it. Choose another one."
        )
    _write_graph(loaded, folder / MODEL)
    _check_parity(loaded, folder / MODEL, name_or_path)
    (folder / TOKENIZER).write_text(loaded.tokens.json, encoding="utf-8")
    settings = Settings(
        format=FORMAT,
        id=f"onnx:{encoder.name}",
        dim=loaded.dim,
        max_tokens=loaded.tokens.max_tokens,
        prefix=loaded.tokens.prefix,
        pad_id=loaded.tokens.pad_id,
        vocab_size=loaded.embedding_rows,
        tokenizer_sha256=hashlib.sha256(loaded.tokens.json.encode()).hexdigest(),
    )
    (folder / SETTINGS).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")


class OnnxTextEncoder:
    """An exported text encoder, served by onnxruntime and tokenizers on one thread.

    The tokenizer is read and checked when the encoder is built, the graph at its first use. Safe to share between
    threads. The graph's own checksum belongs to the manifest of the bundle around the folder.

    Parameters
    ----------
    folder : Path
        Written by ``export_text_encoder``.

    Raises
    ------
    BundleCorruptError
        If a file is missing or unreadable, or the tokenizer is not the one that was exported with the model.
    BundleTooNewError
        If the folder was written by a newer version of this package.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (SETTINGS, MODEL, TOKENIZER):
            if not (folder / name).is_file():
                raise _corrupt(folder / name, "expected a file, found none")
        self._settings = _read_settings(folder / SETTINGS)
        self._tokens = _read_tokens(folder / TOKENIZER, self._settings)
        self._lock = threading.Lock()
        self._session: Any = None

    def __reduce__(self) -> tuple[type[OnnxTextEncoder], tuple[Path]]:
        return OnnxTextEncoder, (self.folder,)  # another process opens the files itself

    @property
    def id(self) -> str:
        """``'onnx:<name>'``."""
        return self._settings.id

    @property
    def hash(self) -> str:
        """Sha256 of graph, tokenizer and settings; reads the whole graph file."""
        with (self.folder / MODEL).open("rb") as file:
            graph = hashlib.file_digest(file, "sha256").hexdigest()
        return hashlib.sha256(f"{graph} {self._tokens.sha256}".encode()).hexdigest()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._settings.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts; see ``TextEncoder.encode``.

        Raises
        ------
        TypeError
            If ``texts`` is a lone string.
        BundleCorruptError
            If the graph cannot be read or does not fit the settings.
        """
        session = self._open()

        def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
            return _run(session, ids, mask)

        return encode_distinct(texts, self.dim, lambda distinct: encode_tokens(distinct, self.dim, self._tokens, run))

    def _open(self) -> Any:
        with self._lock:
            if self._session is None:
                session = open_session(self.folder / MODEL)
                _check_graph(self.folder / MODEL, session, self._settings)
                self._session = session
            return self._session


def session_options() -> Any:
    """Return the options of a session on one CPU thread, without the busy waiting that onnxruntime does by default."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: they are raised as well
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def open_session(path: Path) -> Any:
    """Open a graph; see ``session_options``.

    Raises
    ------
    BundleCorruptError
        If onnxruntime cannot read the file.
    """
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions share no base class below Exception
        if isinstance(error, MemoryError):
            raise
        raise _corrupt(path, f"expected an ONNX graph, found {type(error).__name__} when reading it") from error


def _run(session: Any, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    vectors = session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})[0]
    return np.asarray(vectors, dtype=np.float32)  # (rows, dim)


def _write_graph(loaded: LoadedModel, path: Path) -> None:
    import torch

    length = min(16, loaded.tokens.max_tokens)
    ids = torch.full((3, length), loaded.tokens.pad_id, dtype=torch.int64)
    mask = torch.ones_like(ids)
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about its own insides, of which the caller can do nothing
        program = torch.onnx.export(
            loaded.module,
            (ids, mask),
            dynamo=True,
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            verbose=False,
        )
    if program is None:
        raise InputError(
            f"{path}: expected a graph from torch.onnx.export, found none. Report this with the model's name."
        )
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # the stack of each, with the folders of the machine that exported it
    program.model.metadata_props[_ROWS_KEY] = str(loaded.embedding_rows)
    program.save(str(path), external_data=False)


def _check_parity(loaded: LoadedModel, path: Path, name_or_path: str) -> None:
    """Compare the graph with the model on other batch sizes and lengths than it was traced with."""
    import torch

    session = open_session(path)
    rng = np.random.default_rng(0)
    worst = 0.0
    for rows, length in ((1, 1), (1, min(7, loaded.tokens.max_tokens)), (5, loaded.tokens.max_tokens)):
        ids = rng.integers(0, loaded.embedding_rows, (rows, length))
        mask = (np.arange(length) < rng.integers(1, length + 1, (rows, 1))).astype(np.int64)
        with torch.inference_mode():
            expected = loaded.module(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        worst = float(np.fmax(worst, np.nan_to_num(np.abs(_run(session, ids, mask) - expected), nan=np.inf).max()))
    if worst > PARITY:
        raise InputError(
            f"text encoder '{name_or_path}': expected the exported graph to give the model's vectors to {PARITY:g}, "
            f"found a difference of {worst:.2g}. These versions of torch and onnxscript cannot export this model: "
            "choose another."
        )


def _read_settings(path: Path) -> Settings:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ones
        raise _corrupt(path, "expected JSON, found something else") from error
    if not isinstance(values, dict) or type(values.get("format")) is not int:
        raise _corrupt(path, "expected an object with a whole number 'format', found something else")
    if values["format"] > FORMAT:
        raise BundleTooNewError(
            f"{path}: expected format {FORMAT} or older, found {values['format']}. Install a newer umkm_classifier."
        )
    types = {name: (str if kind == "str" else int) for name, kind in Settings.__annotations__.items()}
    problems = [
        f"'{name}' must be {kind.__name__}, found {type(values.get(name)).__name__}"
        for name, kind in types.items()
        if type(values.get(name)) is not kind
    ]
    if not problems:
        problems = [
            f"'{name}' must be at least 1, found {values[name]}"
            for name in ("dim", "max_tokens", "vocab_size")
            if values[name] < 1
        ]
    if problems:
        raise _corrupt(path, show_ten(problems))
    return Settings(**{name: values[name] for name in types})


def _read_tokens(path: Path, settings: Settings) -> TextTokens:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != settings.tokenizer_sha256:
        raise _corrupt(path, f"expected sha256 {settings.tokenizer_sha256[:12]}…, found {digest[:12]}…")
    try:
        tokens = TextTokens(
            content.decode("utf-8"), max_tokens=settings.max_tokens, prefix=settings.prefix, pad_id=settings.pad_id
        )
    except Exception as error:  # tokenizers raises bare Exception
        raise _corrupt(path, f"expected a tokenizer, found {type(error).__name__} when reading it") from error
    if tokens.highest_id >= settings.vocab_size:
        raise _corrupt(
            path,
            f"expected ids below the {settings.vocab_size} rows of the model's embedding, found {tokens.highest_id}",
        )
    return tokens


def _check_graph(path: Path, session: Any, settings: Settings) -> None:
    rows = session.get_modelmeta().custom_metadata_map.get(_ROWS_KEY)
    if rows != str(settings.vocab_size):
        raise _corrupt(path, f"expected an embedding of {settings.vocab_size} rows, found {rows}")
    dim = session.get_outputs()[0].shape[-1]
    if dim != settings.dim:
        raise _corrupt(path, f"expected vectors of length {settings.dim}, found {dim}")


def _corrupt(path: Path, found: str) -> BundleCorruptError:
    return BundleCorruptError(f"{path}: {found}. Copy or export the encoder again.")
