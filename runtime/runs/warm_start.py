"""Take the first weights of a training from a run: the means of its posterior.

References: Krishnan, Subedar and Tickoo 2020, arXiv:1906.05323.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from bnnc.errors import ArtifactError
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.softplus import SCALE_FLOOR, unconstrained_array
from bnnc.runtime.training.statistics import copy_statistics

# What Keras's own layers, those of an output distribution, and the random features that a kernel
# was trained for have. All other variables are what a method adds to a layer, and begin as they do
# without a run.
_OWN = frozenset(
    {
        *("kernel", "bias", "depthwise_kernel", "pointwise_kernel", "gamma", "beta"),
        *("moving_mean", "moving_variance", "unconstrained_scale", "unconstrained_cutpoints"),
        *("projection", "phase"),
        *("feature_mean", "feature_std", "adapted_rows"),
    }
)
# Those of them that a layer has or has not by its arguments.
_OF_ARGUMENTS = frozenset({"bias", "gamma", "beta"})


def initialize(program: Program, run_name: str, folder: str | None) -> None:
    """Give a program the weights of the run that its spec names, and write down which they are.

    Args:
        run_name: the folder of the run of one network, as `initial_run` has it.
        folder: what it is relative to.

    Raises: ArtifactError if there is no such run, it is not trained, or is of another network.
    """
    section = program.spec.training.initialize_from
    assert section is not None
    path = Path(folder or "") / run_name
    try:
        run = load(path)
    except ArtifactError as error:
        raise ArtifactError(f"the run of `training.initialize_from`: {error}") from error
    _refuse_unlike(program, run, path)
    _copy(run.model, program.model, path)
    copy_statistics(run.model, program.model)
    if section.relative_scale is not None:
        set_relative_scales(program.model, section.relative_scale)
    program.manifest["initialized"] = {
        "run": run_name,
        "fingerprint": run.manifest["fingerprint"],
        "digest": digest_of(run.model),
    }


def refuse_other_run(program: Program, folder: str | None) -> None:
    """Raise ArtifactError if the run that a program began with holds other weights now.

    A run that is there no longer is passed over: a training goes on without it.
    """
    for member in program.members:
        noted = member.manifest.get("initialized")
        if noted is None:
            continue
        path = Path(folder or "") / noted["run"]
        if path.exists() and digest_of(load(path).model) != noted["digest"]:
            raise ArtifactError(
                f"{path} holds other weights than those that this training began with: "
                "resume it without the spec, or start a new run"
            )


def set_relative_scales(model: BayesianModel, share: float) -> None:
    """Make every standard deviation of a posterior that share of its mean's size.

    A mean of 0 has the smallest that there is, just above the floor.
    """
    for layer in model.layers:
        for name in ("kernel", "bias"):
            variable = getattr(layer, f"{name}_unconstrained_scale", None)
            if variable is not None:
                sizes = np.abs(np.asarray(getattr(layer, name), np.float64))
                scales = np.maximum(share * sizes, 2 * SCALE_FLOOR)
                variable.assign(unconstrained_array(scales))


def digest_of(model: keras.Model) -> str:
    """SHA-256 of the weights that such a training begins with, by layer and name."""
    digest = hashlib.sha256()
    for layer, weights in sorted(_own_weights(model).items()):
        for name, weight in sorted(weights.items()):
            digest.update(f"{layer}/{name}{tuple(weight.shape)}".encode())
            digest.update(np.array(weight).tobytes())
    return "sha256:" + digest.hexdigest()


def _refuse_unlike(program: Program, run: Program, path: Path) -> None:
    if not run.trained:
        raise ArtifactError(
            f"{path} was never trained, and its weights are random: expected a run of `bnnc train`"
        )
    if run.spec.input != program.spec.input:
        raise ArtifactError(
            f"the images of {path} are not those of this spec: its `input` is "
            f"{run.spec.input.model_dump()}, this one's {program.spec.input.model_dump()}"
        )


def _own_weights(model: keras.Model) -> dict[str, dict[str, Any]]:
    """The weights of every layer that any model of these layers has, by name."""
    found: dict[str, dict[str, Any]] = {}
    for layer in model.layers:
        counts: Counter[str] = Counter()
        for weight in layer.weights:
            if weight.name in _OWN:
                counts[weight.name] += 1  # a layer may be a network by itself
                number = counts[weight.name]
                name = weight.name if number == 1 else f"{weight.name} {number}"
                found.setdefault(layer.name, {})[name] = weight
    return found


def _copy(run: keras.Model, model: keras.Model, path: Path) -> None:
    """Copy every weight of the run to the layer of its name. Raises: ArtifactError."""
    theirs, ours = _own_weights(run), _own_weights(model)
    alike = "They are matched by their names: name the layers alike"
    _refuse_others("layers with weights", theirs, ours, str(path), alike)
    pairs: list[tuple[Any, Any]] = []
    for layer, weights in ours.items():
        there, here = (type(one.get_layer(layer)).__name__ for one in (run, model))
        way_out = f"It is a {there} there and a {here} here: begin with a run of this method"
        if set(theirs[layer]) ^ set(weights) <= _OF_ARGUMENTS:
            way_out = "Give the layer the same arguments"
        _refuse_others(f"weights of `{layer}`", theirs[layer], weights, str(path), way_out)
        for name, weight in weights.items():
            other = theirs[layer][name]
            if other.shape != weight.shape:
                raise ArtifactError(
                    f"the {name} of `{layer}` has the shape {tuple(other.shape)} in {path}, and "
                    f"{tuple(weight.shape)} in this spec"
                )
            pairs.append((weight, other))
    for weight, other in pairs:
        weight.assign(other)


def _refuse_others(
    what: str, theirs: Iterable[str], ours: Iterable[str], path: str, way_out: str
) -> None:
    there, here = set(theirs), set(ours)
    if there == here:
        return
    parts = [
        f"{where} alone {', '.join(f'`{name}`' for name in sorted(names))}"
        for where, names in (("there", there - here), ("here", here - there))
        if names
    ]
    raise ArtifactError(
        f"the {what} in {path} are not those of this spec: {'; '.join(parts)}. {way_out}"
    )
