"""The root of the language: the whole spec, its canonical form and its fingerprint."""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bnnc.specs.bayesian import Bayesian
from bnnc.specs.calibration import Calibration
from bnnc.specs.data import READING_KEYS, Data, Prediction
from bnnc.specs.ensemble import Ensemble
from bnnc.specs.evaluation import Evaluation
from bnnc.specs.input import Input
from bnnc.specs.layers import Layer
from bnnc.specs.loss import Loss
from bnnc.specs.outputs import Output
from bnnc.specs.placement import MAX_PLACED, Placed, canonical_layers, layers_by_name, place
from bnnc.specs.section import SPEC_NAME, Section
from bnnc.specs.seeds import member_seed
from bnnc.specs.selection import bayesian_sections
from bnnc.specs.training import Training

LANGUAGE_VERSION = 1
EXTENDS = "extends"
MAX_LAYERS = MAX_PLACED
# Keys of `data` that came into the language later.
_LATER_KEYS = ("balance", "classes", *READING_KEYS)


def _allow_extension_keys(schema: dict[str, Any]) -> None:
    schema["patternProperties"] = {"^x-": {}}


def without_extension_keys(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its `x-*` keys, which hold anchors and notes and say nothing."""
    return {key: value for key, value in document.items() if not key.startswith("x-")}


def _refuse_boolean(value: Any) -> Any:
    # To Python `true` is equal to 1, and so pydantic takes it for `Literal[1]`.
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be 1")
    return value


class Spec(Section):
    """A Bayesian image model: its layers, its output distribution, its loss and its training."""

    model_config = ConfigDict(json_schema_extra=_allow_extension_keys)

    bnnc: Annotated[Literal[1], BeforeValidator(_refuse_boolean)] = Field(
        description="Version of the language."
    )
    name: str = Field(
        pattern=SPEC_NAME,
        description="Name of the model: letters, digits, dots, dashes and underscores.",
    )
    description: str = Field(
        default="", max_length=10_000, description="Free text; it has no effect on the model."
    )
    input: Input = Field(description="Shape and values of the raw images.")
    layers: list[Layer] = Field(
        min_length=1,
        max_length=MAX_LAYERS,
        description="The stack of layers; the last one gives the distribution's parameters.",
    )
    bayesian: Bayesian = Field(
        default=Bayesian(method="none"), description="The Bayesian method; `none` by default."
    )
    output: Output = Field(description="The output distribution and the labels.")
    loss: Loss = Field(default=Loss(), description="The loss that training minimises.")
    training: Training = Field(default=Training(), description="How the model is trained.")
    ensemble: Ensemble | None = Field(
        default=None, description="Several networks that predict together; null for one alone."
    )
    prediction: Prediction = Field(default=Prediction(), description="How predictions are made.")
    calibration: Calibration | None = Field(
        default=None,
        description=(
            "How the class probabilities are calibrated on the validation rows after the training; "
            "null for not at all."
        ),
    )
    evaluation: Evaluation | None = Field(
        default=None,
        description=(
            "What `bnnc evaluate` measures beside the figures on the test images; null for nothing."
        ),
    )
    data: Data | None = Field(
        default=None, description="The data of `bnnc train`, unless `--data` is given."
    )

    @classmethod
    def from_json(cls, text: str) -> "Spec":
        """The spec of a JSON text, strictly. Raises: pydantic.ValidationError."""
        value = json.loads(text)
        if isinstance(value, dict):
            text = json.dumps(without_extension_keys(value))
        return cls.model_validate_json(text)

    # A copy of the model has what is cached too: layers and method stand as they are in every copy.
    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Every layer of the model, blocks written out. Raises: TooManyLayersError."""
        return place(self.layers)

    @cached_property
    def bayesian_sections(self) -> dict[int, Bayesian]:
        """The section that applies to each Bayesian layer, by the layer's index."""
        return bayesian_sections(self.bayesian, self.placed)

    def __repr__(self) -> str:
        # All fields of all layers are no help in a terminal: `model_dump` has them.
        methods = dict.fromkeys(one.method for one in self.bayesian_sections.values())
        return (
            f"Spec(name={self.name!r}, {len(self.layers)} layers, "
            f"method {', '.join(methods) or 'none'}, output {self.output.distribution}, "
            f"{self.fingerprint()[:19]})"
        )

    @property
    def has_kl(self) -> bool:
        """Whether the loss has a KL divergence."""
        return any(one.applied_method.has_kl for one in self.bayesian_sections.values())

    @property
    def resamples(self) -> bool:
        """Whether each class has the same number of training rows in an epoch."""
        return self.data is not None and self.data.balance is not None

    @property
    def balances_classes(self) -> bool:
        """Whether the model is trained as if all classes were equally frequent."""
        return self.resamples or self.loss.class_weight == "balanced"

    def canonical(self) -> dict[str, Any]:
        """The canonical form of the spec, as plain values; equal for specs that make the same model.

        Every default is filled in, layers have their names, repetitions are written out, the
        Bayesian layers are listed, what has no effect under the method is left out, and so are the
        description and what is measured afterwards. A field that came into the language later is
        left out at its default: the fingerprint of what was saved before stays.
        """
        value = self.model_dump(mode="json", exclude={"description", "evaluation"})
        placed = self.placed
        value["layers"] = canonical_layers(self.layers, value["layers"])
        if self.input.is_table:
            for key in ("value_range", "mean", "std"):
                del value["input"][key]  # of images
        if self.input.standardize:
            del value["input"]["standardize"]
        for key in () if self.input.is_table else ("mean", "std"):
            numbers = value["input"][key]
            if isinstance(numbers, list) and len(set(numbers)) == 1:
                value["input"][key] = numbers[0]
        for key in _LATER_KEYS if self.data is not None else ():
            # Whether the images are streamed or cached changes no weights; `stop` is the default.
            if value["data"][key] in (None, "stop") or key in {"cache", "streaming"}:
                del value["data"][key]
        if not getattr(self.output, "standardize_labels", False):
            value["output"].pop("standardize_labels", None)
        resize = self.data.resize if self.data is not None else None
        if resize is not None and not resize.pad_to_aspect_ratio:
            del value["data"]["resize"]["fill_value"]
        if self.calibration is None:
            del value["calibration"]
        _write_guarantees(value["prediction"], self.prediction)
        if self.loss.class_weight is None:
            del value["loss"]["class_weight"]
        if self.loss.label_smoothing == 0:
            del value["loss"]["label_smoothing"]
        sections = self.bayesian_sections
        _write_bayesian(value, placed, sections, self.bayesian)
        if self.has_kl:
            del value["loss"]["kl"]["estimator"]  # it refuses, and changes nothing
        else:
            del value["loss"]["kl"]
        if not any(one.applied_method.learns_scales for one in sections.values()):
            del value["training"]["posterior_scale_learning_rate_multiplier"]
        del value["training"]["checkpoint_minutes"]  # which changes no weights
        if self.training.initialize_from is None:
            del value["training"]["initialize_from"]
        else:
            if not any(one.applied_method.learns_scales for one in sections.values()):
                del value["training"]["initialize_from"]["relative_scale"]
            if not self.training.initialize_from.per_member:
                del value["training"]["initialize_from"]["per_member"]
        if len(self.members()) == 1:
            del value["ensemble"]
        if not self.training.optimizer.use_ema:
            del value["training"]["optimizer"]["ema_momentum"]
        return value

    @property
    def calibrates(self) -> bool:
        """Whether something is fitted to held-out rows after the training."""
        return self.calibration is not None or bool(self.prediction.guarantees)

    def members(self) -> tuple["Spec", ...]:
        """The spec of every network: of each member of the ensemble, or the spec itself."""
        if self.ensemble is None or self.ensemble.members == 1:
            return (self,)
        seeds = [member_seed(self.training.seed, one) for one in range(self.ensemble.members)]
        return tuple(
            self.model_copy(
                update={
                    "ensemble": None,
                    "training": self.training.model_copy(update={"seed": seed}),
                }
            )
            for seed in seeds
        )

    def fingerprint(self) -> str:
        """SHA-256 of the canonical spec: equal for two specs that mean the same."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _write_guarantees(value: dict[str, Any], said: Prediction) -> None:
    """Leave out guarantees that are not said, and what has no effect on those that are."""
    for key in {"sets", "reject", "interval"} - said.guarantees.keys():
        del value[key]
    if said.sets is not None and said.sets.method != "raps":
        del value["sets"]["penalty"], value["sets"]["unpenalized"]


def _write_bayesian(
    value: dict[str, Any], placed: Sequence[Placed], sections: dict[int, Bayesian], said: Bayesian
) -> None:
    """Write the Bayesian layers in one form, however the section and the layers share it.

    The section has what holds for the first of them, each other layer what differs from that. What
    a block makes by itself can say nothing: where there is such a layer, the section is as for it.
    """
    chosen = [one for one in placed if one.index in sections]
    first = next((one for one in chosen if one.made), chosen[0] if chosen else None)
    # A later field, whose default is what was there before.
    paired = any(
        "pairs" in one.applied_method.fields and one.pairs > 1 for one in sections.values()
    )
    unsaid = {"members", "bias"} if paired else {"members", "bias", "pairs"}
    common = _effective_fields(said if first is None else sections[first.index], unsaid)
    value["bayesian"] = {**common, "layers": [one.name for one in chosen]}
    if any(one.applied_method.has_members for one in sections.values()):
        value["bayesian"]["members"] = said.members  # the same for all layers
    by_name = layers_by_name(value["layers"])
    for one in placed:
        if one.made:
            continue
        layer = by_name[one.name]
        layer.pop("bayesian", None)
        if one.index in sections:
            fields = _effective_fields(sections[one.index], unsaid)
            own = {name: field for name, field in fields.items() if common.get(name) != field}
            if own:
                layer["bayesian"] = own
    _write_biases(value, by_name, [one for one in chosen if one.layer.has_bias], sections)


def _write_biases(
    value: dict[str, Any],
    by_name: dict[str, dict[str, Any]],
    biased: Sequence[Placed],
    sections: dict[int, Bayesian],
) -> None:
    """Write which biases have a posterior, in the same form; nothing where none has."""
    takes = [one for one in biased if "bias" in sections[one.index].applied_method.fields]
    first = next((one for one in takes if one.made), takes[0] if takes else None)
    common = first is not None and sections[first.index].bias
    if common:
        value["bayesian"]["bias"] = True
    for one in takes:
        if not one.made and sections[one.index].bias != common:
            by_name[one.name].setdefault("bayesian", {})["bias"] = not common


def _effective_fields(section: Bayesian, unsaid: set[str]) -> dict[str, Any]:
    """The fields that have an effect under its method, less some, as plain values."""
    fields = section.applied_method.fields - unsaid
    return section.model_dump(mode="json", include={"method", *fields})
