"""The loop: rates, what is hidden, class weights, early end, and nothing of the caller's that is changed."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from umkm_classifier.errors import InputError
from umkm_classifier.signals.joint.network import fusion_head, whole_network
from umkm_classifier.signals.joint.rows import FrozenRows
from umkm_classifier.signals.joint.settings import JointSettings
from umkm_classifier.signals.joint.training import (
    Examples,
    Outcome,
    balanced_loss,
    class_weights,
    device_for,
    hide_modalities,
    optimizer_for,
    predict,
    share_of_rate,
    train,
)

SETTINGS = JointSettings(width=8, epochs=12, batch=16, learning_rate=0.02, patience=5)


def examples_of(n: int = 120, told: float = 1.0) -> Examples:
    """Two modalities of three numbers, the first of which tells the label."""
    dice = np.random.default_rng(2)
    y = dice.integers(0, 2, n)
    vectors = dice.normal(size=(n, 6)).astype(np.float32)
    vectors[:, 0] += told * (2 * y - 1)
    at = dice.permutation(n)
    rows = FrozenRows(vectors, np.ones((n, 2), dtype=bool), {"title": 3, "photos": 3})
    return Examples(rows, y, at[: n * 3 // 4], at[n * 3 // 4 :])


def network_of(settings: JointSettings = SETTINGS) -> Any:
    zeros, ones = [np.zeros(3, np.float32)] * 2, [np.ones(3, np.float32)] * 2
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return whole_network(fusion_head((3, 3), settings, zeros, ones), {"title": 3, "photos": 3})


def trained(settings: JointSettings, told: float = 1.0) -> tuple[Any, Outcome]:
    network = network_of(settings)
    return network, train(network, examples_of(told=told), settings, None)


def weights_of(network: Any) -> np.ndarray:
    return np.concatenate([values.detach().numpy().ravel() for values in network.parameters()])


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine_to_nothing() -> None:
    shares = [share_of_rate(step, 100, 0.1) for step in range(100)]
    assert shares[0] == pytest.approx(1 / 11)
    assert shares[9] == pytest.approx(10 / 11)
    assert shares[10] == 1.0
    assert shares[55] == pytest.approx(0.5)
    assert shares[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 89 / 90)))
    assert share_of_rate(0, 1, 0.0) == 1.0


@given(st.integers(1, 40), st.integers(1, 4), st.floats(0.0, 0.95), st.integers(0, 2**31))
def test_hiding_leaves_every_row_one_of_what_it_has_and_adds_nothing(n: int, k: int, chance: float, seed: int) -> None:
    dice = np.random.default_rng(seed)
    present = dice.random((n, k)) < 0.6
    left = hide_modalities(present, chance, dice)
    assert not (left & ~present).any()
    np.testing.assert_array_equal(left.any(axis=1), present.any(axis=1))


def test_hiding_hides_as_often_as_asked() -> None:
    present = np.ones((20_000, 3), dtype=bool)
    left = hide_modalities(present, 0.2, np.random.default_rng(0))
    assert left.mean() == pytest.approx(0.8 + 0.2**3 / 3, abs=0.01)  # the last one of a row is left
    np.testing.assert_array_equal(hide_modalities(present, 0.0, np.random.default_rng(0)), present)


def test_both_classes_weigh_the_same() -> None:
    y = np.asarray([0, 0, 0, 1])
    weights = class_weights(y)
    assert weights.tolist() == [2 / 3, 2 / 3, 2 / 3, 2.0]
    assert balanced_loss(np.zeros(4), y) == pytest.approx(math.log(2))
    assert balanced_loss(np.asarray([-1e3, 0.0, 0.0, 1e3]), y) == pytest.approx(math.log(2) / 3)


def test_encoders_have_groups_of_their_own_at_their_own_rate_and_only_matrices_decay() -> None:
    network = network_of()
    network.text = torch.nn.Linear(2, 3)
    groups = optimizer_for(network, SETTINGS).param_groups
    assert [(group["lr"], group["weight_decay"]) for group in groups] == [
        (0.02, 0.05), (0.02, 0.0), (2e-5, 0.05), (2e-5, 0.0),
    ]  # fmt: skip
    assert [tuple(one.shape) for one in groups[2]["params"]] == [(3, 2)]
    assert [tuple(one.shape) for one in groups[3]["params"]] == [(3,)]
    assert any(one is network.head.missing for one in groups[1]["params"])
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))


def test_training_learns_and_leaves_the_best_weights() -> None:
    network, outcome = trained(SETTINGS)
    examples = examples_of()
    assert 1 <= outcome.best_epoch <= outcome.epoch
    assert outcome.loss < 0.55  # 0.69 says nothing, and 0.38 is what can be reached
    logits = predict(network, examples, examples.stop, SETTINGS)
    assert balanced_loss(logits, examples.y[examples.stop]) == pytest.approx(outcome.loss, abs=1e-9)
    assert not network.training


def test_the_same_seed_gives_the_same_bits_and_another_one_others() -> None:
    first, second = (weights_of(trained(SETTINGS)[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (weights_of(trained(dataclasses.replace(SETTINGS, seed=1))[0]) != first).any()


def test_training_ends_when_held_out_shops_gain_nothing_more() -> None:
    settings = dataclasses.replace(SETTINGS, epochs=200, patience=3, learning_rate=0.05)
    _, outcome = trained(settings, told=0.0)
    assert outcome.epoch == outcome.best_epoch + 3 < 200


def test_the_rows_that_end_the_training_are_not_learned_from() -> None:
    learned_from: set[int] = set()

    class Watched(FrozenRows):
        def batch(self, at: Any) -> Any:
            if network.training:
                learned_from.update(at.tolist())
            return super().batch(at)

    examples, network = examples_of(), network_of()
    rows = examples.rows
    assert isinstance(rows, FrozenRows)
    watched = dataclasses.replace(examples, rows=Watched(rows.vectors, rows.present, rows.dims))
    train(network, watched, SETTINGS, None)
    assert learned_from == set(examples.learn.tolist())


def test_long_gradients_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[float] = []
    step = torch.optim.AdamW.step

    def watch(self: Any, *given: Any) -> Any:
        parts = [one.grad.norm() for group in self.param_groups for one in group["params"]]
        lengths.append(float(torch.stack(parts).norm()))
        return step(self, *given)

    monkeypatch.setattr(torch.optim.AdamW, "step", watch)
    trained(dataclasses.replace(SETTINGS, clip=0.01))
    assert max(lengths) <= 0.01 * 1.001


def test_the_random_state_and_the_threads_of_the_caller_stay_as_they_are() -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    trained(SETTINGS)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_nothing_is_computed_in_half_precision_on_a_cpu() -> None:
    kinds: set[Any] = set()
    network = network_of()
    network.head.gate.register_forward_hook(lambda module, taken, out: kinds.add((out.dtype, out.device.type)))
    train(network, examples_of(), dataclasses.replace(SETTINGS, finetune=True), None)
    assert kinds == {(torch.float32, "cpu")} or torch.cuda.is_available()


def test_a_gpu_is_used_when_encoders_are_trained_and_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_for(dataclasses.replace(SETTINGS, finetune=True)).type == "cuda"
    assert device_for(SETTINGS).type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_for(dataclasses.replace(SETTINGS, finetune=True)).type == "cpu"


def test_a_loss_that_is_no_number_ends_the_training_with_advice() -> None:
    examples, network = examples_of(), network_of()
    with torch.no_grad():
        network.head.judge.bias.fill_(float("nan"))
    with pytest.raises(InputError) as caught:
        train(network, examples, SETTINGS, None)
    assert str(caught.value) == (
        "joint: expected a finite loss after epoch 1, found nan. Lower the learning rates, or look for vectors that "
        "are not finite."
    )
