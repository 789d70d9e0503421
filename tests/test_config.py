"""A config is read with every problem at once, and written so that it reads back the same."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from umkm_classifier.config import COSTS, SignalName, TrainConfig, dump_config, load_config
from umkm_classifier.errors import InputError, UsageError
from umkm_classifier.model import risk


def refused(path: Path | None = None, *settings: str) -> str:
    """What is said of a file (exit code 3), or of settings in the call itself (2)."""
    with pytest.raises(UsageError if settings else InputError) as caught:
        load_config(path, settings)
    assert caught.value.exit_code == (2 if settings else 3)
    return str(caught.value)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "train.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load_config() == TrainConfig()


def test_every_setting_says_why_its_default_is_what_it_is() -> None:
    assert [name for name, field in TrainConfig.model_fields.items() if not field.description] == []


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TrainConfig().seed = 3  # type: ignore[misc]


def test_a_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, 'seed = 7\nsignals = ["words"]\nwords_c = 2\n\n[columns]\ntitle = "nama produk"\n')
    config = load_config(path)
    assert (config.seed, config.signals, config.words_c) == (7, ("words",), 2.0)
    assert config.columns == {"title": "nama produk"}


def test_what_the_file_does_not_name_keeps_its_default(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "seed = 7\n")) == TrainConfig(seed=7)


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("seed=7", "seed", 7),
        (" words_c = 0.5 ", "words_c", 0.5),
        ("track=false", "track", False),
        ('signals=["words", "facts"]', "signals", ("words", "facts")),
        ("text_encoder=none", "text_encoder", "none"),
        ('text_encoder="none"', "text_encoder", "none"),
        ("text_encoder=e5:models/e5 = new", "text_encoder", "e5:models/e5 = new"),
        ('columns={title = "nama"}', "columns", {"title": "nama"}),
    ],
)
def test_a_setting_of_the_command_line_is_read_as_toml_or_as_a_word(setting: str, name: str, value: Any) -> None:
    assert getattr(load_config(None, [setting]), name) == value


def test_a_setting_of_the_command_line_beats_the_file_and_a_later_one_an_earlier(tmp_path: Path) -> None:
    path = written(tmp_path, "seed = 7\nfolds = 3\n")
    config = load_config(path, ["seed=8", "seed=9"])
    assert (config.seed, config.folds) == (9, 3)


def test_a_setting_without_a_value_is_refused() -> None:
    assert refused(None, "seed") == "--set seed: expected key=value, found no '='. Write for instance --set seed=1"


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    assert refused(None, "sed=1") == "--set: 'sed' is not a setting. Did you mean 'seed'?"


def test_an_unknown_setting_like_no_other_is_refused_with_all_names() -> None:
    names = ", ".join(TrainConfig.model_fields)
    assert refused(None, "xyzzy=1") == f"--set: 'xyzzy' is not a setting. Known settings: {names}."


def test_every_problem_is_said_at_once_with_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'seed = "drei"\nfolds = 1\nword_c = 3\nsignals = ["word"]\nwords_c = -1.5\n')
    assert refused(path).split("\n") == [
        f"{path}: setting 'seed': input should be a valid integer, unable to parse string as an integer, found 'drei'. "
        "Change it or leave it out.",
        f"{path}: setting 'folds': input should be greater than or equal to 2, found 1. Change it or leave it out.",
        f"{path}: setting 'signals.0': input should be 'words', 'meaning', 'facts', 'cues', 'looks', 'writing' "
        "or 'joint', found 'word'. Change it or leave it out.",
        f"{path}: setting 'words_c': input should be greater than 0, found -1.5. Change it or leave it out.",
        f"{path}: 'word_c' is not a setting. Did you mean 'words_c'?",
    ]


def test_of_a_file_and_a_call_each_is_told_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = written(tmp_path, "folds = 1\nseed = -1\n")
    with pytest.raises(UsageError) as caught:
        load_config(path, ["seed=2147483648"], {"encoding": "latin-9000", "max_rejects": 0.2})
    assert str(caught.value).split("\n") == [
        "--set: setting 'seed': input should be less than or equal to 2147483647, found 2147483648. Change it or leave "
        "it out.",
        f"{path}: setting 'folds': input should be greater than or equal to 2, found 1. Change it or leave it out.",
        "--encoding: setting 'encoding': input should be the name of an encoding such as 'utf-8' or 'cp1252', found "
        "'latin-9000'. Change it or leave it out.",
    ]


def test_an_option_of_its_own_goes_over_set_and_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'encoding = "cp1250"\nmax_rejects = 0.3\n')
    config = load_config(path, ["encoding=cp1251"], {"encoding": "cp1252"})
    assert (config.encoding, config.max_rejects) == ("cp1252", 0.3)


def test_ten_problems_are_shown_and_the_others_counted() -> None:
    lines = refused(None, *(f"unknown_{at}=1" for at in range(13))).split("\n")
    assert len(lines) == 11
    assert lines[-1] == "… and 3 more"


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("signals=[]", "'signals': one signal or more should be named, each once, found []"),
        ("folds=2.5", "'folds': input should be a valid integer, got a number with a fractional part, found 2.5"),
        ("words_c=nan", "'words_c': input should be greater than 0, found nan"),
        (
            'signals=["words", "words"]',
            "'signals': one signal or more should be named, each once, found ['words', 'words']",
        ),
        ("text_encoder=", "'text_encoder': string should have at least 1 character, found ''"),
        (
            "encoding=base64",
            "'encoding': input should be the name of an encoding such as 'utf-8' or 'cp1252', found 'base64'",
        ),
        ("max_rejects=1.5", "'max_rejects': input should be less than or equal to 1, found 1.5"),
        ("seed=2147483648", "'seed': input should be less than or equal to 2147483647, found 2147483648"),
        ("columns={title = 3}", "'columns.title': input should be a valid string, found 3"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(setting: str, problem: str) -> None:
    assert refused(None, setting) == f"--set: setting {problem}. Change it or leave it out."


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    assert refused(path) == (
        f"{path}: expected a TOML file with training settings, found none that can be read: "
        f"[Errno 2] No such file or directory: '{path}'. Check the path and the file."
    )


@pytest.mark.parametrize("content", [b"seed = ", b"\xff\xfe", b"seed = 1\nseed = 2\n"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "train.toml"
    path.write_bytes(content)
    said = refused(path)
    assert said.startswith(f"{path}: expected a TOML file with training settings, found none that can be read: ")
    assert said.endswith(" Check the path and the file.")


def test_a_dumped_config_says_every_setting_and_its_reason() -> None:
    lines = dump_config(TrainConfig()).splitlines()
    for name, field in TrainConfig.model_fields.items():
        if name != "columns" and name not in COSTS:  # TOML has no word for what is not given
            (line,) = (line for line in lines if line.startswith(f"{name} = "))
            assert line.endswith(f"# {field.description}")


@given(
    columns=st.dictionaries(st.text(), st.text(), max_size=4),
    text_encoder=st.text(min_size=1),
    seed=st.integers(0, 2**31 - 1),
    words_c=st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False),
    signals=st.lists(st.sampled_from(get_args(SignalName)), min_size=1, unique=True).map(tuple),
    track=st.booleans(),
    costs=st.none() | st.tuples(st.floats(0, 9), st.floats(0, 9), st.floats(0, 9)),
)
def test_a_dumped_config_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    columns: dict[str, str],
    text_encoder: str,
    seed: int,
    words_c: float,
    signals: Any,
    track: bool,
    costs: tuple[float, float, float] | None,
) -> None:
    given: dict[str, Any] = dict(zip(COSTS, costs, strict=True)) if costs is not None else {}
    config = TrainConfig(
        columns=columns, text_encoder=text_encoder, seed=seed, words_c=words_c, signals=signals, track=track, **given
    )
    assert config.costs == costs
    path = tmp_path_factory.getbasetemp() / "dumped.toml"
    path.write_bytes(dump_config(config).encode("utf-8"))
    assert load_config(path) == config


def test_a_dumped_config_is_toml_with_the_columns_in_a_table() -> None:
    values = tomllib.loads(dump_config(TrainConfig(columns={'a "b"\n': "😀.x"})))
    assert values["columns"] == {'a "b"\n': "😀.x"}
    assert set(values) == set(TrainConfig.model_fields) - set(COSTS)


def test_the_rates_promised_are_those_of_the_risk_control() -> None:
    config = TrainConfig()
    assert (config.max_local_flagged, config.max_imported_passed) == (risk.MAX_LOCAL_FLAGGED, risk.MAX_IMPORTED_PASSED)
    assert config.costs is None


def test_rates_or_costs_are_given_and_not_both(tmp_path: Path) -> None:
    both = ["cost_local_flagged=9", "cost_imported_passed=2", "cost_review=1", "max_local_flagged=0.05"]
    assert refused(None, *both) == (
        "--set: either the rates max_local_flagged and max_imported_passed should be given, or costs, not both. "
        "Change one of them or leave it out."
    )
    path = written(tmp_path, "cost_review = 1.0\n")
    assert refused(path) == (
        f"{path}: all of cost_local_flagged, cost_imported_passed, cost_review should be given, or none; "
        "cost_local_flagged, cost_imported_passed missing. Change one of them or leave it out."
    )
    assert refused(None, "cost_review=inf").startswith("--set: setting 'cost_review': input should be a finite number")
