"""How a model is trained: one object, read from TOML, saved with the model."""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from umkm_classifier.errors import InputError, UsageError, show_ten

SignalName = Literal["words", "meaning", "facts", "cues", "looks", "writing", "joint"]
# By default; not `writing`, which needs an extra and 200 ms a photo, nor `joint`, which gained nothing beside them.
SIGNALS: tuple[SignalName, ...] = ("words", "meaning", "facts", "cues", "looks")
MAX_LOCAL_FLAGGED, MAX_IMPORTED_PASSED = 0.02, 0.20
COSTS = ("cost_local_flagged", "cost_imported_passed", "cost_review")
MOST_SEED = 2**31 - 1  # scikit-learn takes no larger ones, and some are counted up from here


class TrainConfig(BaseModel):
    """Settings of a training run; every default has its reason beside it.

    Raises
    ------
    pydantic.ValidationError
        If a value is out of its range or a name is unknown; ``load_config`` turns it into an ``InputError``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(
        0, ge=0, le=MOST_SEED, description="the only seed: folds, trees, hiding and dropout are drawn from it"
    )
    folds: int = Field(
        5, ge=2, le=20, description="out-of-fold passes; more cost time and gained nothing on 1,585 rows"
    )
    signals: tuple[SignalName, ...] = Field(
        SIGNALS, description="what has an opinion; off: 'writing' (extra 'ocr') and 'joint', which gained 0.002 AUC"
    )
    text_encoder: str = Field(
        "use",
        min_length=1,
        description="part of the base install, 3 ms a title; or a transformers model by path or name",
    )
    image_encoder: str = Field(
        "efficientnet-lite2",
        min_length=1,
        description="installs from the package index, 24 ms a photo; or a transformers vision model by path or name",
    )
    words_c: float = Field(3.0, gt=0, description="inverse ridge penalty of n-gram weights; 1 to 10 were alike")
    words_min_df: int = Field(2, ge=1, description="an n-gram of one listing alone teaches nothing about others")
    words_most: int = Field(50_000, ge=100, description="caps a bundle's size; n-grams beyond are rare ones")
    meaning_c: float = Field(10.0, gt=0, description="inverse ridge penalty on unit vectors, whose numbers are small")
    looks_c: float = Field(1.0, gt=0, description="inverse ridge penalty on photo vectors; 0.3 to 3 were alike")
    facts_bags: int = Field(2, ge=1, le=20, description="boosted models with other hidden fields, averaged")
    facts_trees: int = Field(150, ge=10, description="trees of a boosted model; 200 slower ones did no better")
    facts_learning_rate: float = Field(
        0.06, gt=0, le=1, description="slow enough for the trees not to learn rows by heart"
    )
    facts_forest: int = Field(200, ge=10, description="random trees beside the boosted ones")
    facts_columns: float = Field(
        0.15, gt=0, le=1, description="share of the columns a split may ask: most are latent directions, few matter"
    )
    facts_hide: float = Field(
        0.7, ge=0, le=1, description="chance that a field is hidden in a row's second copy; 0.5 leaned more on fields"
    )
    joint_width: int = Field(64, ge=1, description="numbers that each modality becomes; 32 to 128 were alike")
    joint_epochs: int = Field(60, ge=1, description="most passes over the rows; shops that are held out end it before")
    joint_learning_rate: float = Field(
        3e-4, gt=0, le=1, description="of what starts from random weights; at ten times that the first passes were best"
    )
    joint_hide: float = Field(
        0.2, ge=0, lt=1, description="chance that a title, description or photo is hidden while it learns"
    )
    joint_finetune: bool = Field(
        False, description="train the encoders too; on 1,500 rows it stayed below plain n-grams, and takes hours"
    )
    fusion_dropout: float = Field(0.2, ge=0, lt=1, description="chance that a view is silenced while the fusion learns")
    calibration: Literal["held_out", "out_of_fold"] = Field(
        "out_of_fold",
        description="thresholds on scores of all shops, approximate; 'held_out' keeps its promise exactly and costs a "
        "fifth to a third of the shops: on 1,585 rows 61% went to a person instead of 47%",
    )
    max_local_flagged: float = Field(
        MAX_LOCAL_FLAGGED, gt=0, lt=1, description="promised: a mean shop's share of local listings decided 'imported'"
    )
    max_imported_passed: float = Field(
        MAX_IMPORTED_PASSED,
        gt=0,
        lt=1,
        description="promised: a mean shop's share of imported listings decided 'local'",
    )
    cost_local_flagged: float | None = Field(
        None, ge=0, description="of a wrong 'imported'; give all three costs, in any unit, in place of the two promises"
    )
    cost_imported_passed: float | None = Field(None, ge=0, description="of a wrong 'local'")
    cost_review: float | None = Field(None, ge=0, description="of a listing that a person looks at")
    on_unsupported_good: Literal["review", "decide"] = Field(
        "review",
        description="of goods with fewer than 59 local (none imported) or 14 imported labelled shops (none local)",
    )
    reweight_within_goods: bool = Field(False, description="rows weighed so that a good says nothing of its label")
    track: bool = Field(True, description="write the run to MLflow; --no-track")
    encoding: str = Field("utf-8", min_length=1, description="of CSV and JSONL, never guessed; --encoding")
    photos: str = Field(
        "", description="folder that paths of photos count from; where it is empty the table's own; --photos"
    )
    max_rejects: float = Field(
        0.1, ge=0, le=1, description="with more unusable rows a table is not what its owner thinks; --max-rejects"
    )
    columns: Mapping[str, str] = Field(default_factory=dict, description="our name of a column = its name in the table")

    @field_validator("signals")
    @classmethod
    def _some_and_once_each(cls, signals: tuple[str, ...]) -> tuple[str, ...]:
        if not signals or len(set(signals)) < len(signals):
            raise ValueError("one signal or more should be named, each once")
        return signals

    @field_validator(*COSTS)
    @classmethod
    def _finite(cls, cost: float | None) -> float | None:
        if cost is not None and not math.isfinite(cost):
            raise ValueError("input should be a finite number")
        return cost

    @model_validator(mode="after")
    def _rates_or_costs(self) -> Self:
        missing = [name for name in COSTS if getattr(self, name) is None]
        if missing and len(missing) < len(COSTS):
            raise ValueError(f"all of {', '.join(COSTS)} should be given, or none; {', '.join(missing)} missing")
        promised = (self.max_local_flagged, self.max_imported_passed)
        if not missing and promised != (MAX_LOCAL_FLAGGED, MAX_IMPORTED_PASSED):
            raise ValueError(
                "either the rates max_local_flagged and max_imported_passed should be given, or costs, not both"
            )
        return self

    @property
    def costs(self) -> tuple[float, float, float] | None:
        """Costs of a flag, a pass and a review; None where rates are promised."""
        found = (self.cost_local_flagged, self.cost_imported_passed, self.cost_review)
        return None if any(cost is None for cost in found) else found  # type: ignore[return-value]

    @field_validator("encoding")
    @classmethod
    def _of_text(cls, encoding: str) -> str:
        try:
            "a".encode(encoding)
        except (LookupError, ValueError) as error:
            raise ValueError("input should be the name of an encoding such as 'utf-8' or 'cp1252'") from error
        return encoding


def load_config(
    path: Path | None = None, settings: Sequence[str] = (), options: Mapping[str, Any] | None = None
) -> TrainConfig:
    """Read a config.

    Parameters
    ----------
    path : Path or None
        A TOML file; defaults where it says nothing.
    settings : sequence of str
        ``key=value``, the value in TOML; a bare word is a string.
    options : mapping of str to Any, or None
        Settings that have an option of their own on the command line; they go over all others.

    Raises
    ------
    UsageError
        If something is wrong with ``settings`` or ``options``; with every problem at once.
    InputError
        If only the file is at fault; with every problem at once.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(
                f"{path}: expected a TOML file with training settings, found none that can be read: {error}. "
                "Check the path and the file."
            ) from error
    from_call: dict[str, str] = {}  # setting to the option that gave it
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set {setting}: expected key=value, found no '='. Write for instance --set seed=1")
        values[key.strip()] = _toml_value(value.strip())
        from_call[key.strip()] = "--set"
    for key, value in (options or {}).items():
        values[key] = value
        from_call[key] = f"--{key.replace('_', '-')}"
    try:
        return TrainConfig(**values)
    except ValidationError as error:
        found = error.errors()
        kind = UsageError if any(_is_of(problem, from_call) for problem in found) else InputError
        problems = [_say(_where(problem, from_call, path), problem) for problem in found]
        raise kind(show_ten(problems)) from error


def _is_of(problem: Any, from_call: Mapping[str, str]) -> bool:
    """Tell whether the call is at fault: it gave the setting, or one of those that do not go together."""
    return bool(set(problem["loc"][:1] or (*COSTS, "max_local_flagged", "max_imported_passed")) & from_call.keys())


def _where(problem: Any, from_call: Mapping[str, str], path: Path | None) -> str:
    if problem["loc"]:
        return from_call.get(str(problem["loc"][0]), str(path))
    return "--set" if _is_of(problem, from_call) else str(path)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _say(where: str, problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, TrainConfig.model_fields, n=1)
        advice = f"Did you mean '{near[0]}'?" if near else f"Known settings: {', '.join(TrainConfig.model_fields)}."
        return f"{where}: '{name}' is not a setting. {advice}"
    expected = problem["msg"].lower().removeprefix("value error, ")
    if not name:
        return f"{where}: {expected}. Change one of them or leave it out."
    return f"{where}: setting '{name}': {expected}, found {problem['input']!r}. Change it or leave it out."


def dump_config(config: TrainConfig) -> str:
    """Write a config as TOML that ``load_config`` reads back to an equal one, each setting with its reason."""
    lines = []
    for name, field in TrainConfig.model_fields.items():
        if name != "columns" and getattr(config, name) is not None:  # TOML has no word for None
            lines.append(f"{name} = {_to_toml(getattr(config, name))}  # {field.description}")
    lines += ["", "[columns]", *(f"{_to_toml(key)} = {_to_toml(value)}" for key, value in config.columns.items())]
    return "\n".join(lines) + "\n"


def _to_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_to_toml(part) for part in value) + "]"
    if isinstance(value, str):
        # a JSON string is a TOML string, but for escapes of characters beyond 16 bits and for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
