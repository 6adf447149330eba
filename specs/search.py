"""The search file of `bnnc sweep`: what varies, what is compared, and how points are chosen.

It is a file beside a spec. The values of a parameter are those of the spec's own language, and are
checked as such by `bnnc.compiler.searching`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from bnnc.specs.section import Section

Direction = Literal["minimize", "maximize"]

CLASSES, LABEL_SETS, NUMBERS = "class", "label set", "number"
_ALL = frozenset({CLASSES, LABEL_SETS, NUMBERS})

OBJECTIVES: Final[dict[str, tuple[Direction, frozenset[str]]]] = {
    "nll": ("minimize", _ALL),
    "accuracy": ("maximize", frozenset({CLASSES})),
    "balanced_accuracy": ("maximize", frozenset({CLASSES, LABEL_SETS})),
    "brier": ("minimize", frozenset({CLASSES})),
    "ece": ("minimize", frozenset({CLASSES, LABEL_SETS})),
    "aurc": ("minimize", frozenset({CLASSES})),
    "binary_accuracy": ("maximize", frozenset({LABEL_SETS})),
    "subset_accuracy": ("maximize", frozenset({LABEL_SETS})),
    "rmse": ("minimize", frozenset({NUMBERS})),
    "mae": ("minimize", frozenset({NUMBERS})),
    "crps": ("minimize", frozenset({NUMBERS})),
    "parameters": ("minimize", _ALL),
    "multiply_adds": ("minimize", _ALL),
    "seconds": ("minimize", _ALL),
}
"""The objectives by name: their direction, and the kinds of output that have them.

The first eleven are figures of `bnnc evaluate`, on the validation rows. `parameters` and
`multiply_adds` are those of the plan, `seconds` is the time of the training.
"""

COSTS: Final = frozenset({"parameters", "multiply_adds", "seconds"})
"""The objectives that are no figures of a prediction."""

SAMPLERS: Final = ("tpe", "random", "grid", "qmc", "cmaes", "nsga2")
PRUNERS: Final = ("median", "successive_halving", "hyperband", "none")
SHORT: Final = ("sampler", "pruner")
"""The keys for whose mapping a word may stand, its `type` alone."""

LISTS: Final = ("objectives", "refuse_warnings")
"""The keys for whose list one name may stand."""

_Count = Annotated[int, Field(ge=1, le=100_000)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class Parameter(Section):
    """A parameter of the space: a range, `low` and `high`, or `choices`."""

    low: _Number | None = Field(default=None, description="Smallest value of a range.")
    high: _Number | None = Field(default=None, description="Largest value of a range.")
    log: bool = Field(
        default=False, description="Whether values are drawn uniformly on a logarithmic scale."
    )
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Distance between the values of a range, counted from `low`."
    )
    choices: list[Any] | None = Field(
        default=None, min_length=1, description="Values to choose from, of any kind."
    )
    when: dict[str, Any] | None = Field(
        default=None,
        min_length=1,
        description=(
            "Parameters of the space, written above this one, with the value, or a list of the "
            "values, that they must have. Otherwise this parameter has no value, and the spec's "
            "own counts."
        ),
    )


class Sampler(Section):
    """How the next point is chosen; the names are those of Optuna's samplers."""

    type: Literal["tpe", "random", "grid", "qmc", "cmaes", "nsga2"] = Field(
        default="tpe", description="Sampler of Optuna."
    )
    startup_trials: _Count | None = Field(
        default=None, description="Random trials before `tpe` or `cmaes` begins; 10 and 1 if unset."
    )
    population_size: Annotated[int, Field(ge=2, le=10_000)] | None = Field(
        default=None, description="Trials of a generation of `nsga2`; 20 if unset."
    )


class Pruner(Section):
    """Which trials are ended early, by the validation NLL of their epochs."""

    type: Literal["median", "successive_halving", "hyperband", "none"] = Field(
        default="median", description="Pruner of Optuna."
    )
    startup_trials: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Trials that `median` lets end before it prunes; 5 if unset."
    )
    warmup_epochs: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="Epochs of each trial before `median` may prune it; 0 if unset."
    )
    min_epochs: _Count | None = Field(
        default=None,
        description="Epochs that `successive_halving` and `hyperband` give every trial; 1 if unset.",
    )
    reduction_factor: Annotated[int, Field(ge=2, le=100)] | None = Field(
        default=None,
        description="Of so many trials one goes on, each time; 4 for `successive_halving`, else 3.",
    )


class Search(Section):
    """A search file."""

    space: dict[str, Parameter] = Field(
        min_length=1, description="The parameters, by their paths in the spec, as of `--set`."
    )
    objectives: list[str] = Field(
        default=["nll"],
        min_length=1,
        max_length=4,
        description="What is compared, on the validation rows: one name, or a list of names.",
    )
    sampler: Sampler = Field(default=Sampler(), description="How points are chosen.")
    pruner: Pruner | None = Field(
        default=None, description="Which trials end early; of several objectives, none."
    )
    refuse_warnings: list[Annotated[str, Field(pattern=r"^BNN[0-9]{0,3}$")]] = Field(
        default=[],
        description="Codes, or beginnings of codes, of warnings that refuse a point as errors do.",
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(
        default=0, description="Seed of the sampler; trials have the spec's own seed."
    )

    @property
    def directions(self) -> list[Direction]:
        """The direction of each objective."""
        return [OBJECTIVES[name][0] for name in self.objectives]

    @property
    def pruning(self) -> Pruner:
        """The pruner that applies: the median of one objective, and none of several."""
        if self.pruner is not None:
            return self.pruner
        return Pruner(type="median" if len(self.objectives) == 1 else "none")

    def fingerprint(self) -> str:
        """SHA-256 of what the file says: equal for two that say the same."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
