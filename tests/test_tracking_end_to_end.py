"""From a table to a registered model and back: nothing here stands in for anything."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.mlflow_stand_in import client_of, copy_ready_store, local
from umkm_classifier.config import TrainConfig
from umkm_classifier.serving.mlflow_model import load_uri
from umkm_classifier.serving.predictor import load
from umkm_classifier.simulate.market import simulate
from umkm_classifier.simulate.write import write
from umkm_classifier.train import train


@pytest.mark.slow
def test_a_trained_model_comes_back_from_mlflow_with_the_same_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    copy_ready_store(tmp_path)
    write(simulate(rows=300, seed=3), tmp_path / "market")
    config = TrainConfig(signals=("words", "facts"), folds=2, facts_bags=1, facts_trees=20)
    trained = train(tmp_path / "market/listings.csv", tmp_path / "model", config=config, run_name="small")
    assert trained.run is not None
    assert (trained.run.version, trained.run.warning) == (1, None)
    written = client_of(local(tmp_path)).get_run(str(trained.run.run_id))
    assert (written.data.params["seed"], written.data.params["facts_trees"]) == ("0", "20")
    assert [entry.path for entry in client_of(local(tmp_path)).list_artifacts(str(trained.run.run_id), "report")] == [
        "report/MODEL_CARD.md"
    ]

    frame = pd.read_csv(tmp_path / "market/listings.csv", dtype=str, keep_default_na=False).head(40)
    frame.loc[3, "title"] = frame.loc[3, "description"] = None
    direct = load("models:/umkm/1").predict(frame.where(frame != "", None).to_dict("records"))
    assert load_uri("models:/umkm/1").is_relative_to(tmp_path / "mlruns")
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("MLFLOW_TRACKING_URI", local(tmp_path))
        answers = mlflow.pyfunc.load_model("models:/umkm/1").predict(frame)
    assert answers["p_imported"].tolist() == [answer.p_imported for answer in direct]
    assert answers["decision"].tolist() == [answer.decision for answer in direct]
    assert answers["status"].tolist() == [answer.status for answer in direct]
    assert answers["status"][3] == "rejected"
