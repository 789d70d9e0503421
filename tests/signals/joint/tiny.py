"""Tiny random encoders saved as transformers saves its own: nothing comes from a network."""

from __future__ import annotations

import json
from pathlib import Path

from tests.encoders.conftest import build

SIDE = 16


def text_model(folder: Path) -> Path:
    """Save a BERT of one layer with its tokenizer."""
    return build("bert", folder)


def vision_model(folder: Path) -> Path:
    """Save a ViT of one layer that sees 16 pixels a side."""
    import torch
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        config = transformers.ViTConfig(image_size=SIDE, patch_size=8, initializer_range=0.3, **sizes)
        transformers.ViTModel(config).save_pretrained(folder)
    processing = {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": SIDE, "width": SIDE},
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(processing))
    return folder
