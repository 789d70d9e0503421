"""How the network is built and trained, each default with its reason."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from umkm_classifier.config import TrainConfig
from umkm_classifier.errors import UsageError, show_ten


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSettings:
    """Settings of ``joint``.

    Parameters
    ----------
    width : int, from 1
        Numbers that each modality is brought down to; 32 to 128 were alike on a thousand rows.
    dropout : float in [0, 1)
        Chance that one of those numbers is hidden while training: vectors are many times longer than labels are many.
    modality_dropout : float in [0, 1)
        Chance that a modality of a row is hidden while training, so that the network neither leans on one alone nor
        meets a missing one for the first time when it serves. One that is there is always left. More costs what only
        two together tell.
    epochs : int, from 1
        Most passes over the rows; training ends by ``patience`` before.
    batch : int, from 1
        Rows of a step; larger ones make too few steps of a small table.
    learning_rate, encoder_learning_rate : float, above 0
        Of what starts from random weights (at ten times that, the first epochs were the best), and of encoders that
        know something already and would unlearn it at that rate (used with ``finetune``).
    weight_decay : float, from 0
        Of AdamW, on matrices alone; between 0.05 and 1 it hardly mattered beside the early end.
    warm_up : float in [0, 1)
        Share of the steps in which the rate rises; Adam knows nothing yet of the gradients' sizes.
    clip : float, above 0
        Longest gradient of a step, so that one odd batch does not undo an epoch.
    patience : int, from 1
        Epochs without a better loss on shops that were held out before training ends.
    seed : int, from 0
        First weights, order of rows and everything that is hidden.
    finetune : bool
        Train the encoders too. Off: on 1,500 rows fine-tuning stayed below plain n-grams, and it takes hours.

    Raises
    ------
    UsageError
        If a number is out of its range; with every problem at once.
    """

    width: int = 64
    dropout: float = 0.3
    modality_dropout: float = 0.2
    epochs: int = 60
    batch: int = 64
    learning_rate: float = 3e-4
    encoder_learning_rate: float = 2e-5
    weight_decay: float = 0.05
    warm_up: float = 0.1
    clip: float = 1.0
    patience: int = 8
    seed: int = 0
    finetune: bool = False

    def __post_init__(self) -> None:
        problems = [
            f"joint setting '{name}': expected a number {said}, found {getattr(self, name)!r}. Change it or leave it "
            "out."
            for names, said, least, below in _RANGES
            for name in names
            if not least <= getattr(self, name) < below
        ]
        if problems:
            raise UsageError(show_ten(problems))

    @classmethod
    def of(cls, config: TrainConfig) -> JointSettings:
        """Return the settings that a training names; of what it does not name, the defaults."""
        return cls(
            width=config.joint_width,
            modality_dropout=config.joint_hide,
            epochs=config.joint_epochs,
            learning_rate=config.joint_learning_rate,
            seed=config.seed,
            finetune=config.joint_finetune,
        )


_RANGES = (
    (("width", "epochs", "batch", "patience"), "from 1", 1.0, math.inf),
    (("dropout", "modality_dropout", "warm_up"), "from 0 to below 1", 0.0, 1.0),
    (("learning_rate", "encoder_learning_rate", "clip"), "above 0", sys.float_info.min, math.inf),
    (("weight_decay", "seed"), "from 0", 0.0, math.inf),
)
