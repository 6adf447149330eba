"""Building: the list of calls instantiated as a Keras model. The one module that imports TensorFlow."""

from __future__ import annotations

from typing import Any

import bnnc.runtime  # before Keras, whose backend it chooses

# isort: split
import keras

from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import Call, Expression, LayerSeed, Lowered, Value, lower
from bnnc.compiler.planning.make_plan import make_plan
from bnnc.compiler.planning.plan import Plan
from bnnc.errors import InternalError
from bnnc.runtime.artifacts import make_manifest
from bnnc.runtime.devices import choose_strategy
from bnnc.runtime.ensemble import EnsembleProgram
from bnnc.runtime.keras_settings import keras_defaults
from bnnc.runtime.program import Program
from bnnc.runtime.runs.initial_run import initial_run
from bnnc.runtime.runs.warm_start import initialize
from bnnc.runtime.workers import agree_on_spec
from bnnc.specs import Spec
from bnnc.specs.seeds import layer_seed
from bnnc.specs.sources import DataFacts

_MODULES = {"keras": keras, "bnnc.runtime": bnnc.runtime}


def build(
    spec: Spec,
    plan: Plan,
    folder: str | None = None,
    run_folder: str | None = None,
    facts: DataFacts | None = None,
    member: int | None = None,
) -> Program:
    """The program of a spec and its plan: compiled, untrained.

    Args:
        folder: what files of weights that the spec names are relative to; where we are if None.
        run_folder: the same of the run in `training.initialize_from`.
        facts: what is known of the data, for the plans of members.
        member: which member of the ensemble to build alone, counted from 0; None for the whole.

    Raises: ArtifactError if that run cannot be used; DeviceError, RunError and WorkerError where the
        workers of a cluster cannot train together.
    """
    members = spec.members()
    if len(members) > 1 and member is None:
        return EnsembleProgram(
            spec=spec,
            members=[
                build(spec, make_plan(one, facts), folder, run_folder, facts, number)
                for number, one in enumerate(members)
            ],
            manifest=make_manifest(spec, plan.as_json()),
            source=emit(spec, plan, lower(spec, plan, folder)),
        )
    run = initial_run(spec, run_folder, member or 0)
    spec = members[member or 0]
    lowered = lower(spec, plan, folder)
    strategy = choose_strategy()
    agree_on_spec(spec)
    with strategy.scope():
        model = instantiate(lowered)
        # So that a saved model has the optimizer's variables, and loading finds as many.
        model.optimizer.build(model.trainable_variables)
    program = Program(
        spec=spec,
        models=[model],
        manifest=make_manifest(spec, plan.as_json()),
        source=emit(spec, plan, lowered),
        strategy=strategy,
    )
    if run is not None:
        initialize(program, run, run_folder)
    return program


@keras_defaults()
def instantiate(lowered: Lowered) -> bnnc.runtime.BayesianModel:
    """The compiled Keras model of a list of calls."""
    images = outputs = _call(lowered.inputs)
    tensors = {lowered.images: images}
    for one in lowered.layers:
        inputs = [tensors[name] for name in one.inputs]
        outputs = _call(one.call)(inputs[0] if len(inputs) == 1 else inputs)
        tensors[one.name] = outputs
    arguments = {name: _value(argument) for name, argument in lowered.model.arguments.items()}
    model = _resolve(lowered.model.target)(inputs=images, outputs=outputs, **arguments)
    model.compile(optimizer=_call(lowered.optimizer))
    assert isinstance(model, bnnc.runtime.BayesianModel)
    return model


def _call(call: Call) -> Any:
    arguments = {name: _value(argument) for name, argument in call.arguments.items()}
    return _resolve(call.target)(**arguments)


def _value(value: Value) -> Any:
    match value:
        case Call():
            return _call(value)
        case Expression():
            return value.number
        case LayerSeed():
            return layer_seed(int(value.seed.number), value.layer)
        case list():
            return [_value(item) for item in value]
        case tuple():
            return tuple(_value(item) for item in value)
        case _:
            return value


def _resolve(target: str) -> Any:
    for prefix, module in _MODULES.items():
        if target.startswith(f"{prefix}."):
            found: Any = module
            for name in target.removeprefix(f"{prefix}.").split("."):
                found = getattr(found, name)
            return found
    raise InternalError(f"a call to {target}, which is neither Keras nor bnnc")
