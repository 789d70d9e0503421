"""Any transformers model as a text encoder, for training and for export. Needs the extra ``deep``."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from umkm_classifier.encoders.batches import encode_distinct
from umkm_classifier.encoders.tokens import TextTokens, encode_tokens
from umkm_classifier.errors import InputError, require
from umkm_classifier.listings.hub import quiet_hub

MAX_TOKENS = 128
E5_PREFIX = "query: "
_E5_NAME = re.compile(r"(?:^|[-_.])e5(?:$|[-_.])", re.IGNORECASE)
_UNREADABLE = (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory: ``module`` maps ids and mask, both (rows, length), to unit vectors (rows, dim)."""

    module: Any
    tokens: TextTokens
    dim: int
    embedding_rows: int


class TransformersEncoder:
    """Mean over the last hidden states of a transformers model, scaled to length 1.

    The model is read at first use. Code that comes with a model is never run.

    Parameters
    ----------
    name_or_path : str
        A folder, or a name on the hub; with ``HF_HUB_OFFLINE`` set only what is on this machine.
    prefix : str
        Put before every text.
    max_tokens : int
        Most tokens of a text; less where the model has fewer positions.
    """

    def __init__(self, name_or_path: str, *, prefix: str = "", max_tokens: int = MAX_TOKENS) -> None:
        self.name_or_path = name_or_path
        self.prefix = prefix
        self.max_tokens = max_tokens
        self._lock = threading.Lock()
        self._loaded: LoadedModel | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _another, (self.name_or_path, self.prefix, self.max_tokens)  # another process loads the model itself

    @classmethod
    def from_spec(cls, spec: str) -> TransformersEncoder:
        """Build from a folder or name, with 'e5:' before it or the word 'e5' in its last part for the E5 prefix.

        Raises
        ------
        InputError
            If the spec looks like a path, and there is no such folder.
        """
        name = spec.removeprefix("e5:")
        path = Path(name).expanduser()
        if path.is_dir():
            name = str(path)
        elif name.startswith(("/", "./", "../", "~")):
            raise InputError(
                f"text encoder '{spec}': expected a folder with a transformers model, found no such folder. "
                "Check the path, or give a name on the hub such as 'intfloat/multilingual-e5-small'."
            )
        is_e5 = spec.startswith("e5:") or _E5_NAME.search(path.name) is not None
        return cls(name, prefix=E5_PREFIX if is_e5 else "")

    @property
    def name(self) -> str:
        """The name on the hub, or the last part of the folder."""
        path = Path(self.name_or_path)
        return path.resolve().name if path.is_dir() else self.name_or_path

    @property
    def id(self) -> str:
        """``'transformers:<name>'``."""
        return f"transformers:{self.name}"

    @property
    def hash(self) -> str:
        """Sha256 of every weight, the tokenizer and its settings."""
        loaded = self.load()
        digest = hashlib.sha256(loaded.tokens.sha256.encode())
        for name, values in sorted(loaded.module.state_dict().items()):
            digest.update(f"{name} {tuple(values.shape)}".encode())
            digest.update(np.ascontiguousarray(values.numpy()).tobytes())
        return digest.hexdigest()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.load().dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts; see ``TextEncoder.encode``.

        Raises
        ------
        TypeError
            If ``texts`` is a lone string.
        MissingExtraError, InputError
            If the model cannot be read.
        """
        loaded = self.load()
        import torch

        def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
            with torch.inference_mode():  # grad mode is per thread: set it where the work is done
                vectors = loaded.module(torch.from_numpy(ids), torch.from_numpy(mask))
            return np.asarray(vectors.numpy(), dtype=np.float32)  # (rows, dim)

        return encode_distinct(
            texts, loaded.dim, lambda distinct: encode_tokens(distinct, loaded.dim, loaded.tokens, run)
        )

    def load(self) -> LoadedModel:
        """Read the model, once.

        Raises
        ------
        MissingExtraError
            If torch or transformers is not installed.
        InputError
            If the model cannot be read, lacks weights, is no encoder or has only a slow tokenizer.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.name_or_path, self.prefix, self.max_tokens)
            return self._loaded


def _another(name_or_path: str, prefix: str, max_tokens: int) -> TransformersEncoder:
    return TransformersEncoder(name_or_path, prefix=prefix, max_tokens=max_tokens)


def _load(name_or_path: str, prefix: str, max_tokens: int) -> LoadedModel:
    require("torch", "deep")
    transformers = require("transformers", "deep")
    options = {"trust_remote_code": False, "local_files_only": _is_offline() or Path(name_or_path).is_dir()}
    try:
        with quiet_hub():
            tokenizer = transformers.AutoTokenizer.from_pretrained(name_or_path, **options)
            model, report = transformers.AutoModel.from_pretrained(
                name_or_path, dtype="float32", output_loading_info=True, **options
            )
    except _UNREADABLE as error:
        raise InputError(
            f"text encoder '{name_or_path}': expected a transformers model with its tokenizer, found "
            f"{type(error).__name__}: {str(error).partition(chr(10))[0].rstrip('.')}. Check the name or folder; "
            "with no network, download the model first and give its folder."
        ) from error
    _check_model(name_or_path, model, sorted(report["missing_keys"]))
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise InputError(
            f"text encoder '{name_or_path}': expected a fast tokenizer (a tokenizer.json), found only the slow "
            f"{type(tokenizer).__name__}. Choose a model with a fast one, or convert it with transformers first."
        )
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions is not None:
        max_tokens = min(max_tokens, positions - 2)  # the RoBERTa family starts counting at 2
    pad_id = tokenizer.pad_token_id
    tokens = TextTokens(
        tokenizer.backend_tokenizer.to_str(),
        max_tokens=max_tokens,
        prefix=prefix,
        pad_id=0 if pad_id is None else int(pad_id),
    )
    rows = int(model.get_input_embeddings().weight.shape[0])
    if tokens.highest_id >= rows:
        raise InputError(
            f"text encoder '{name_or_path}': expected token ids below the {rows} rows of the model's embedding, found "
            f"{tokens.highest_id}. The tokenizer belongs to another model: take both from the same place."
        )
    return LoadedModel(pooled(model), tokens, int(model.config.hidden_size), rows)


def _check_model(name_or_path: str, model: Any, missing: list[str]) -> None:
    """Refuse a model that would give vectors without meaning."""
    if getattr(model.config, "is_encoder_decoder", False):
        raise InputError(
            f"text encoder '{name_or_path}': expected an encoder, found the encoder-decoder {type(model).__name__}. "
            "Choose a model such as BERT, XLM-R or MPNet."
        )
    missing = [name for name in missing if not name.startswith("pooler.")]  # its output is not used
    if missing:
        raise InputError(
            f"text encoder '{name_or_path}': expected every weight of {type(model).__name__}, found {len(missing)} "
            f"missing, the first {missing[0]}. They would be random: take a complete copy."
        )


def pooled(model: Any) -> Any:
    """Wrap a model so that it returns unit vectors; the same module is run in training and exported for serving."""
    import torch

    class PooledEncoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.model(input_ids=input_ids, attention_mask=attention_mask, return_dict=True).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (rows, length, 1)
            mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)  # (rows, dim)
            unit: torch.Tensor = mean / mean.norm(dim=1, keepdim=True).clamp(min=1e-12)  # (rows, dim)
            return unit

    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # unused, and random where a checkpoint has none: it must not enter the hash
    return PooledEncoder().eval()


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
