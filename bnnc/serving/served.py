"""A model to serve: a trained program or an export, as one function of arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.errors import ArtifactError
from bnnc.runtime.data.features import as_features
from bnnc.runtime.data.images import check_images, check_shape
from bnnc.runtime.exporting.opening import OPENERS
from bnnc.serving.preflight import Description
from bnnc.specs.data import Resize

if TYPE_CHECKING:
    from bnnc.runtime.program import Program

Arrays = dict[str, npt.NDArray[Any]]

# Of a run there is no name in the protocol's list of platforms.
_PLATFORMS: Final = {
    "saved-model": "tensorflow_savedmodel",
    "onnx": "onnx_onnxv1",
    "litert": "tensorflow_litert",
}


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model to serve.

    Args:
        name: its name in the addresses.
        platform: what it runs on, in the words of the protocol.
        predict: rows [rows, *shape], float32, to named arrays [rows, ...].
        joins_requests: whether rows of several requests may be predicted together; not where the
            noise of a row depends on its place among the others.
        shape: of one row.
        value_range: lowest and highest raw value; None of a table.
        resize: how image files are brought to the size of the model.
        class_names: names of the classes, where they are known.
        feature_names: columns of a table, where they are known.
        levels: of the quantiles, of a model of numbers.
        properties: what else is known of it, for people.
    """

    name: str
    platform: str
    predict: Callable[[npt.NDArray[Any]], Arrays]
    joins_requests: bool
    shape: tuple[int, ...]
    value_range: tuple[float, float] | None
    resize: Resize | None = None
    class_names: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    levels: tuple[float, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def input_name(self) -> str:
        """Name of its input."""
        return "features" if self.value_range is None else "images"

    @property
    def noun(self) -> str:
        """What its rows are called."""
        return "rows" if self.value_range is None else "images"

    def checked(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Rows of a request as the model takes them. Raises: DataError, as `Program.predict`."""
        where = f"the {self.noun}"
        if self.value_range is None:
            check_shape(rows.shape, shape=self.shape, where=where)
            return as_features(rows, where=where, names=self.feature_names)
        check_images(
            rows, shape=self.shape, value_range=self.value_range, where=where, for_training=False
        )
        return np.asarray(rows, np.float32)

    def example(self) -> npt.NDArray[np.float32]:
        """Two rows that the model takes, to predict once before the first request."""
        low, high = self.value_range or (0.0, 1.0)
        values = np.linspace(low, high, 2 * int(np.prod(self.shape)), dtype=np.float32)
        return values.reshape(2, *self.shape)


def served_export(folder: Path, said: Description, name: str | None) -> ServedModel:
    """The model of an export. Raises: ArtifactError for files that cannot be opened."""
    try:
        predict = OPENERS[said["format"]](folder)
        given, calibration = said["input"], said["calibration"]
        is_table = given["name"] == "features"
        resize, draws = given.get("resize"), said["draws"]
        return ServedModel(
            name=name or str(said["name"]),
            platform=_PLATFORMS[said["format"]],
            predict=predict,
            joins_requests=True,
            shape=tuple(given["shape"][1:]),
            value_range=None if is_table else tuple(given["value_range"]),
            resize=None if resize is None else Resize(**resize),
            class_names=_names(said["class_names"]),
            feature_names=_names(given.get("feature_names")),
            levels=tuple(said.get("levels", ())),
            properties=_properties(
                fingerprint=said["fingerprint"],
                draws=f"{draws['samples']}, {draws['kind']}",
                calibration=calibration,
                class_names=said["class_names"],
                feature_names=given.get("feature_names"),
                levels=said.get("levels"),
            ),
        )
    except Exception as error:  # whatever a runtime says of a file that is damaged
        first = str(error).strip().splitlines()[:1]
        raise ArtifactError(
            f"{folder} cannot be opened ({first[0] if first else type(error).__name__}): export "
            "the run again"
        ) from error


def served_program(
    program: Program,
    *,
    name: str | None = None,
    samples: int | None = None,
    seed: int | None = None,
    calibrated: bool = True,
) -> ServedModel:
    """The model of a trained program: `program.predict` with the same arguments."""
    from bnnc.runtime.exporting.checking import named_outputs
    from bnnc.runtime.exporting.predictive import has_noise_of_images
    from bnnc.runtime.prediction.regression_prediction import LEVELS, NumberPrediction

    spec, trained = program.spec, program.manifest["trained"] or {}
    layers = [layer for model in program.models for layer in model.layers]
    fitted = program.calibration if calibrated else None

    def predict(rows: npt.NDArray[Any]) -> Arrays:
        return named_outputs(program.predict(rows, samples, seed=seed, calibrated=calibrated))

    value_range = None if spec.input.is_table else spec.input.value_range
    model = ServedModel(
        name=name or spec.name,
        platform="tensorflow_keras",
        predict=predict,
        joins_requests=not any(has_noise_of_images(layer) for layer in layers),
        shape=spec.input.shape,
        value_range=value_range,
        resize=None if spec.data is None else spec.data.resize,
        class_names=_names(trained.get("class_names")),
        feature_names=_names(trained.get("feature_names")),
    )
    is_of_numbers = isinstance(
        program.predict(model.example(), 1, calibrated=False), NumberPrediction
    )
    levels = LEVELS if is_of_numbers else ()
    properties = _properties(
        fingerprint=spec.fingerprint(),
        draws=f"{program.draws(samples)}, fixed",
        calibration=None if fitted is None else fitted.to_dict(),
        class_names=trained.get("class_names"),
        feature_names=trained.get("feature_names"),
        levels=levels or None,
    )
    return replace(model, levels=levels, properties=properties)


def _names(given: Any) -> tuple[str, ...] | None:
    return tuple(given) if given else None


def _properties(**given: Any) -> dict[str, str]:
    """Texts, as the protocol wants them: what is no text is written as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
        if value is not None
    }
