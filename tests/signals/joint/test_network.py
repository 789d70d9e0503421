"""The network: what is missing is not read, what is there is standardised, gates add up."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from umkm_classifier.signals.joint.network import fusion_head, standards, whole_network
from umkm_classifier.signals.joint.settings import JointSettings

DIMS = {"title": 3, "photos": 4}
SETTINGS = JointSettings(width=5)
ZEROS = [np.zeros(3, np.float32), np.zeros(4, np.float32)]
ONES = [np.ones(3, np.float32), np.ones(4, np.float32)]


def head_of(means: list[np.ndarray] = ZEROS, scales: list[np.ndarray] = ONES) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        head: torch.nn.Module = fusion_head(list(DIMS.values()), SETTINGS, means, scales)
        return head.eval()


def vectors(n: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n, 7)).astype(np.float32))


def score(head: torch.nn.Module, present: list[list[bool]], given: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        found: np.ndarray = head(torch.tensor(present), given).numpy()
    return found


def test_a_modality_that_is_not_present_is_not_read() -> None:
    head, given = head_of(), vectors(1)
    other = given.clone()
    other[:, 3:] = 99.0
    assert score(head, [[True, False]], given) == score(head, [[True, False]], other)
    assert score(head, [[True, True]], given) != score(head, [[True, True]], other)


def test_a_missing_modality_is_not_the_same_as_a_vector_of_zeros() -> None:
    head, given = head_of(), vectors(1)
    given[:, 3:] = 0.0
    assert score(head, [[True, False]], given) != score(head, [[True, True]], given)


def test_the_stand_in_for_a_missing_modality_is_learned() -> None:
    head = head_of()
    head(torch.tensor([[True, False]]), vectors(1)).sum().backward()
    missing = head.get_parameter("missing").grad
    assert missing is not None
    assert missing[1].any()
    assert not missing[0].any()


def test_rows_are_scored_one_by_one() -> None:
    head, given = head_of(), vectors(6)
    together = score(head, [[True, True]] * 6, given)
    alone = np.concatenate([score(head, [[True, True]], given[row : row + 1]) for row in range(6)])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


def test_vectors_are_standardised_and_kept_from_going_far() -> None:
    given = vectors(4)
    moved = given * 10.0 + 3.0
    means, scales = ([part + at for part in parts] for at, parts in ((3.0, ZEROS), (9.0, ONES)))
    np.testing.assert_allclose(
        score(head_of(means, scales), [[True, True]] * 4, moved), score(head_of(), [[True, True]] * 4, given), atol=1e-5
    )
    far, farther = (torch.full((1, 7), size) for size in (5.0, 1e30))
    assert score(head_of(), [[True, True]], far) == score(head_of(), [[True, True]], farther)


def test_standards_are_taken_from_the_rows_that_have_the_modality() -> None:
    given = np.asarray([[1.0, 5.0, 7.0], [3.0, 5.0, 7.0], [0.0, 0.0, 7.0]], dtype=np.float32)
    present = np.asarray([[True, True], [True, False], [False, False]])
    means, scales = standards(given, present, (2, 1))
    assert [part.tolist() for part in means] == [[2.0, 5.0], [7.0]]
    assert [part.tolist() for part in scales] == [[1.0, 1.0], [1.0]]  # a number that never changes is left as it is
    assert all(part.dtype == np.float32 for part in (*means, *scales))


class Doubled(torch.nn.Module):
    """An encoder that gives each row's mean, doubled, as often as it is told."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        return 2.0 * given[0].flatten(1).float().mean(dim=1, keepdim=True).expand(-1, self.dim)


def test_trained_encoders_fill_the_rows_that_have_something_and_photos_are_averaged() -> None:
    head = head_of()
    network = whole_network(head, DIMS, Doubled(3), Doubled(4)).eval()
    titles = (torch.tensor([2]), torch.tensor([[3, 5]]), torch.ones(1, 2))
    photos = (torch.tensor([0, 0, 2]), torch.tensor([1.0, 2.0, 4.0]).reshape(3, 1, 1, 1).expand(3, 3, 2, 2))
    present = [[False, True], [False, False], [True, True]]
    expected = torch.tensor([[0.0] * 3 + [3.0] * 4, [0.0] * 7, [8.0] * 3 + [8.0] * 4])
    with torch.inference_mode():
        found = network(torch.tensor(present), {"title": titles, "photos": photos}).numpy()
    np.testing.assert_allclose(found, score(head, present, expected), atol=1e-6)


@pytest.mark.parametrize("left_out", ["title", "photos"])
def test_a_batch_in_which_nobody_has_a_modality_is_scored(left_out: str) -> None:
    head = head_of()
    network = whole_network(head, DIMS, Doubled(3), Doubled(4)).eval()
    inputs = {
        "title": (torch.tensor([0]), torch.tensor([[3, 5]]), torch.ones(1, 2)),
        "photos": (torch.tensor([0]), torch.ones(1, 3, 2, 2)),
    }
    del inputs[left_out]
    present = [[name != left_out for name in DIMS]]
    with torch.inference_mode():
        assert np.isfinite(network(torch.tensor(present), inputs).numpy()).all()


def test_a_head_alone_reads_vectors() -> None:
    head, given = head_of(), vectors(3)
    network = whole_network(head, DIMS).eval()
    with torch.inference_mode():
        found = network(
            torch.ones(3, 2, dtype=torch.bool), {"title": (given[:, :3],), "photos": (given[:, 3:],)}
        ).numpy()
    np.testing.assert_array_equal(found, score(head, [[True, True]] * 3, given))
