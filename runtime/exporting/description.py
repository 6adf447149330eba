"""The description of an export: a JSON file next to it, and metadata inside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import tensorflow as tf

from bnnc.runtime.exporting.numbers import MOST_COUNT
from bnnc.runtime.exporting.predictive import MEANINGS, DrawsOf
from bnnc.runtime.prediction.regression_prediction import LEVELS
from bnnc.specs.methods import NAMES

if TYPE_CHECKING:
    from bnnc.runtime.predicting import Predicts

VERSION: Final = 1

Description = dict[str, Any]


def describe(
    program: Predicts,
    members: Sequence[DrawsOf],
    outputs: dict[str, tf.TensorSpec],
    *,
    form: str,
    precision: str,
    fresh: bool,
    calibrated: bool,
) -> Description:
    """What an export is, as plain values for JSON."""
    spec, manifest = program.spec, program.manifest
    fitted = program.calibration if calibrated else None
    methods = {one.method for one in spec.bayesian_sections.values()}
    trained = manifest["trained"] or {}
    made: Description = {
        "bnnc_export": VERSION,
        "format": form,
        "name": spec.name,
        "description": spec.description,
        "fingerprint": spec.fingerprint(),
        "versions": manifest["versions"],
        "methods": [one for one in NAMES if one in methods],
        "precision": precision,
        "input": {
            "name": spec.input.variable,
            "type": "float32",
            "shape": [spec.input.noun, *spec.input.shape],
            "meaning": "raw values; the model maps and standardises them itself",
        },
        "outputs": {
            name: {
                "type": one.dtype.name,
                "shape": [spec.input.noun, *one.shape[1:]],
                "meaning": MEANINGS[name],
            }
            for name, one in sorted(outputs.items())
        },
        "class_names": trained.get("class_names"),
        "draws": {
            "kind": "fresh at every call" if fresh else "fixed",
            "samples": sum(one.samples for one in members),
            "of_each_model": [one.samples for one in members],
            "seeds": None if fresh else [one.seed for one in members],
        },
        "calibration": None if fitted is None else fitted.to_dict(),
    }
    if spec.input.is_table:
        made["input"]["feature_names"] = trained.get("feature_names")
    else:
        made["input"]["value_range"] = list(spec.input.value_range)
        if spec.data is not None and spec.data.resize is not None:
            # Of image files, before they are given to the model.
            made["input"]["resize"] = spec.data.resize.model_dump()
    if "quantiles" in outputs:
        made["levels"] = list(LEVELS)
        if getattr(members[0].draws.output, "discrete", False):
            made["outputs"]["quantiles"]["meaning"] += f"; at most {MOST_COUNT:,}"
    shared = [name for one in members[:1] for name in one.layers_with_shared_noise]
    if shared and not fresh:
        made["draws"]["shared_noise"] = shared
    return made
