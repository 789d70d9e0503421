"""The alias of the champion in a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mlflow_stand_in import client_of, local, track, working_folder
from umkm_classifier.errors import BundleError, TryAgainError, UsageError
from umkm_classifier.serving import mlflow_alias
from umkm_classifier.serving.mlflow_alias import Registered, champion_of, move_champion, registered


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with two versions of ``umkm``, no alias."""
    folder = working_folder(tmp_path, monkeypatch)
    track(folder)
    track(folder)
    return local(folder)


def test_an_alias_is_looked_up_moved_and_guarded(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert champion_of("umkm") is None
    move_champion(Registered("umkm", "1"), None)
    assert champion_of("umkm") == "1"
    assert registered("models:/umkm@champion") == Registered("umkm", "1")
    move_champion(Registered("umkm", "2"), "1")
    assert str(client_of(store).get_model_version_by_alias("umkm", "champion").version) == "2"

    for since, named in (("1", "version 1"), (None, "no version")):
        with pytest.raises(TryAgainError) as caught:
            move_champion(Registered("umkm", "1"), since)
        assert str(caught.value) == (
            f"models:/umkm@champion: {named} expected, as when the comparison began, found version 2: somebody moved "
            "it meanwhile. It was left as it is; compare with the new champion."
        )
    assert champion_of("umkm") == "2"

    def broken(*_: object, **__: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(mlflow_alias, "open_client", broken)
    with pytest.raises(TryAgainError) as caught:
        move_champion(Registered("umkm", "1"), "2")
    assert str(caught.value) == (
        f"models:/umkm@champion: {store} should let it name version 1, but it does not (read-only). It was left as it "
        "is; compare again when that is mended."
    )


def test_what_is_no_registered_model_is_said(store: str) -> None:
    assert registered("models") is None
    assert registered(Path("models:/umkm/1")) is None
    assert registered("models:/umkm/02") == Registered("umkm", "2")
    assert Registered("umkm", "2").uri == "models:/umkm/2"
    with pytest.raises(UsageError):
        registered("models:/umkm")
    with pytest.raises(BundleError):
        registered("models:/umkm@champion")
    with pytest.raises(BundleError):
        champion_of("other")
