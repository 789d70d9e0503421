"""The training loop: AdamW with warm-up and cosine, clipped, ended by shops that it does not learn from.

Everything random is drawn anew for each epoch from the seed and the epoch's number: a training that continues from a
checkpoint goes the way that it would have gone, and nothing of the caller's random state is touched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from umkm_classifier.errors import InputError
from umkm_classifier.signals.joint.checkpoints import Checkpoint, Checkpoints
from umkm_classifier.signals.joint.inputs import BoolArray
from umkm_classifier.signals.joint.settings import JointSettings
from umkm_classifier.signals.signal import FloatArray, IntArray

if TYPE_CHECKING:
    import torch

Inputs = Mapping[str, tuple[NDArray[Any], ...]]


class Rows(Protocol):
    """Listings as the network takes them."""

    @property
    def present(self) -> BoolArray:
        """Which modalities each row has, shape (n, k)."""

    def batch(self, at: IntArray) -> Inputs:
        """Return the tensors of some rows by modality; see ``whole_network``."""

    def digest(self) -> str:
        """Sha256 of what the network is given."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled rows, those to learn from and those that end the training: no group is on both sides.

    Parameters
    ----------
    rows : Rows
        n of them.
    y : array of int, shape (n,)
        1 for imported.
    learn, stop : arrays of int
        Positions; both classes in each.
    """

    rows: Rows
    y: IntArray
    learn: IntArray
    stop: IntArray


@dataclass(slots=True)
class Outcome:
    """How far a training is.

    Parameters
    ----------
    epoch : int
        Passes over the rows so far.
    best_epoch : int
        After which the loss on ``Examples.stop`` was least.
    loss : float
        That loss: mean negative log-likelihood in nats, both classes counting half.
    weights : mapping of str to torch.Tensor
        Of the network at that time.
    """

    epoch: int = 0
    best_epoch: int = 0
    loss: float = math.inf
    weights: dict[str, torch.Tensor] = field(default_factory=dict)


def train(network: Any, examples: Examples, settings: JointSettings, checkpoints: Checkpoints | None) -> Outcome:
    """Train a network in place and leave it with its best weights, on the CPU, in evaluation mode.

    Parameters
    ----------
    network : torch.nn.Module
        From ``whole_network``.
    examples : Examples
    settings : JointSettings
    checkpoints : Checkpoints or None
        Where to go on from, and what to write after every epoch.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        If the loss is no longer a number.
    """
    import torch

    device = device_for(settings)
    network.to(device)
    optimizer = optimizer_for(network, settings)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    outcome = _resume(network, optimizer, scaler, checkpoints)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        while outcome.epoch < settings.epochs and outcome.epoch - outcome.best_epoch < settings.patience:
            _learn(network, examples, settings, optimizer, scaler, outcome.epoch)
            outcome.epoch += 1
            loss = balanced_loss(predict(network, examples, examples.stop, settings), examples.y[examples.stop])
            if not math.isfinite(loss):
                raise InputError(
                    f"joint: expected a finite loss after epoch {outcome.epoch}, found {loss}. Lower the learning "
                    "rates, or look for vectors that are not finite."
                )
            if loss < outcome.loss:
                outcome.best_epoch, outcome.loss = outcome.epoch, loss
                outcome.weights = {name: values.clone() for name, values in network.state_dict().items()}
            if checkpoints is not None:
                checkpoints.save(_checkpoint(network, optimizer, scaler, outcome))
    network.load_state_dict(outcome.weights)
    network.to("cpu").eval()
    return outcome


def device_for(settings: JointSettings) -> torch.device:
    """Return the GPU when encoders are trained and there is one; a frozen head takes seconds on a CPU."""
    import torch

    return torch.device("cuda" if settings.finetune and torch.cuda.is_available() else "cpu")


def optimizer_for(network: Any, settings: JointSettings) -> torch.optim.AdamW:
    """Return AdamW with groups of their own for encoders and for what does not decay: biases, scales, stand-ins."""
    import torch

    groups = []
    for of_head, rate in ((True, settings.learning_rate), (False, settings.encoder_learning_rate)):
        for decays in (True, False):
            params = [
                values
                for name, values in network.named_parameters()
                if name.startswith("head.") is of_head and (name.endswith("weight") and values.ndim > 1) is decays
            ]
            if params:
                decay = settings.weight_decay if decays else 0.0
                groups.append({"params": params, "lr": rate, "highest": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups)


def share_of_rate(step: int, steps: int, warm_up: float) -> float:
    """Share of the highest rate at a step, counted from 0: a line up over the first ones, then a cosine down to 0."""
    warm = int(warm_up * steps)
    if step < warm:
        return (step + 1) / (warm + 1)
    return 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))


def hide_modalities(present: BoolArray, chance: float, rng: np.random.Generator) -> BoolArray:
    """Hide each modality of each row with a chance; of a row that would lose all, one drawn at random is left."""
    left = present & (rng.random(present.shape) >= chance)
    drawn = np.where(present, rng.random(present.shape), -1.0).argmax(axis=1)
    lost = ~left.any(axis=1) & present.any(axis=1)
    left[lost, drawn[lost]] = True
    return left


def class_weights(y: IntArray) -> FloatArray:
    """Weight of each row, shape (n,), mean 1, under which both classes weigh the same: logits carry no prior then."""
    counts = np.bincount(y, minlength=2)
    return np.asarray(len(y) / (2.0 * counts[y]))


def balanced_loss(logits: FloatArray, y: IntArray) -> float:
    """Return the mean negative log-likelihood in nats, both classes counting half; NaN for logits that are NaN."""
    with np.errstate(invalid="ignore"):
        return float(np.mean(class_weights(y) * np.logaddexp(0.0, np.where(y == 1, -logits, logits))))


def predict(network: Any, examples: Examples, at: IntArray, settings: JointSettings) -> FloatArray:
    """Return the logits of some rows, float64 of shape (n,)."""
    import torch

    network.eval()
    found = []
    with torch.inference_mode():
        for part in _parts(at, settings.batch):
            logits = _run(network, examples.rows.present[part], examples.rows.batch(part))
            found.append(logits.float().cpu().numpy().astype(np.float64))
    return np.concatenate(found)


def _learn(network: Any, examples: Examples, settings: JointSettings, optimizer: Any, scaler: Any, epoch: int) -> None:
    import torch

    rng = np.random.default_rng([settings.seed, epoch])
    torch.manual_seed(int(rng.integers(2**62)))  # for dropout
    order = rng.permutation(examples.learn)
    weights = np.zeros(len(examples.y))
    weights[examples.learn] = class_weights(examples.y[examples.learn])
    parts = list(_parts(order, settings.batch))
    network.train()
    for step, part in enumerate(parts, start=epoch * len(parts)):
        for group in optimizer.param_groups:
            group["lr"] = group["highest"] * share_of_rate(step, settings.epochs * len(parts), settings.warm_up)
        present = hide_modalities(examples.rows.present[part], settings.modality_dropout, rng)
        logits = _run(network, present, examples.rows.batch(part))
        target, weight = (
            torch.as_tensor(values[part], dtype=torch.float32, device=logits.device) for values in (examples.y, weights)
        )
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), target, weight=weight)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        scaler.step(optimizer)
        scaler.update()


def _run(network: Any, present: BoolArray, inputs: Inputs) -> torch.Tensor:
    import torch

    device = network.head.mean.device
    tensors = {name: tuple(torch.from_numpy(one).to(device) for one in given) for name, given in inputs.items()}
    with _half_on_gpu(device):
        logits: torch.Tensor = network(torch.from_numpy(present).to(device), tensors)
    return logits


def _half_on_gpu(device: torch.device) -> AbstractContextManager[Any]:
    """Mixed precision on a GPU alone: on a CPU without the instructions it is many times slower."""
    import torch

    return torch.autocast("cuda", dtype=torch.float16) if device.type == "cuda" else nullcontext()


def _parts(at: IntArray, size: int) -> Iterator[IntArray]:
    for start in range(0, len(at), size):
        yield at[start : start + size]


def _checkpoint(network: Any, optimizer: Any, scaler: Any, outcome: Outcome) -> Checkpoint:
    arrays = {f"network/{name}": values for name, values in network.state_dict().items()}
    arrays |= {f"best/{name}": values for name, values in outcome.weights.items()}
    for at, state in optimizer.state_dict()["state"].items():
        arrays |= {f"optimizer/{at}/{key}": values for key, values in state.items()}
    facts = {"best_epoch": outcome.best_epoch, "loss": outcome.loss, "scaler": scaler.state_dict()}
    return Checkpoint(outcome.epoch, {name: values.cpu().numpy() for name, values in arrays.items()}, facts)


def _resume(network: Any, optimizer: Any, scaler: Any, checkpoints: Checkpoints | None) -> Outcome:
    import torch

    found = None if checkpoints is None else checkpoints.latest()
    if found is None:
        return Outcome()
    parts: dict[str, dict[str, torch.Tensor]] = {"network": {}, "best": {}, "optimizer": {}}
    for name, values in found.arrays.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = torch.tensor(values)
    network.load_state_dict(parts["network"])
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in parts["optimizer"].items():
        at, _, key = name.partition("/")
        state.setdefault(int(at), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    if found.facts["scaler"]:
        scaler.load_state_dict(found.facts["scaler"])
    return Outcome(found.epoch, int(found.facts["best_epoch"]), float(found.facts["loss"]), parts["best"])
