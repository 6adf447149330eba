"""Emission: the list of calls printed as `model.py`, readable as if written by hand.

Nothing of a spec is pasted into the source as text: classes come from bnnc's own tables, and every
value goes through `repr`.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from bnnc.compiler.backend.lowering import Application, Call, Expression, Lowered, Value
from bnnc.compiler.planning.plan import Plan
from bnnc.specs import Spec
from bnnc.specs.outputs.over_reals import OverReals

_WIDTH = 88
_INDENT = "    "


def emit(spec: Spec, plan: Plan, lowered: Lowered) -> str:
    """The source of a module with `build_model() -> BayesianModel`."""
    variables = variables_of(lowered)
    first, *_ = variables.values()
    body = [f"{first} = {_print(lowered.inputs, 1)}"]
    for one in lowered.layers:
        taken = [variables[name] for name in one.inputs]
        suffix = f"({taken[0]})" if len(taken) == 1 else f"([{', '.join(taken)}])"
        variable = variables[one.name]
        body.append(f"{variable} = {_print(one.call, 1, suffix=suffix, variable=variable)}")
    outputs = variables[lowered.layers[-1].name]
    arguments = {"inputs": _Name(first), "outputs": _Name(outputs), **lowered.model.arguments}
    body.append(f"model = {_print(Call(lowered.model.target, arguments), 1)}")
    compiled = Call("model.compile", {"optimizer": lowered.optimizer})
    body.append(_print(compiled, 1))
    body.append("return model")
    training = spec.training
    sizes = ", ".join(map(str, spec.input.shape))
    low, high = spec.input.value_range
    seeds = [member.training.seed for member in spec.members()]
    single = len(seeds) == 1
    return "\n".join(
        [
            f'"""{spec.name}: {_what(len(seeds))}, compiled by bnnc from a spec.',
            "",
            f"Fingerprint of the spec: {plan.fingerprint}",
            "",
            *(_training(spec) if single else _training_of_members(spec)),
            '"""',
            "",
            "import bnnc.runtime as bnn",
            "import keras",
            "",
            f"BATCH_SIZE = {training.batch_size!r}",
            f"EPOCHS = {training.epochs!r}",
            *([] if single else _assignment("SEEDS", seeds)),
            "",
            "",
            "@bnn.keras_defaults()  # whatever `keras.config` or keras.json says",
            f"def build_model({'' if single else 'seed: int'}) -> bnn.BayesianModel:",
            f'    """{_INPUTS[len(spec.input.shape)]} [batch, {sizes}], values from {low:g} to {high:g},'
            f" to {_numbers(spec)} [batch, {plan.nodes[-1].output_shape[0]}].",
            "",
            f"    Labels are {_LABELS[spec.output.labels].format(_columns(spec))}.",
            '    """',
            *(_INDENT + line for statement in body for line in statement.split("\n")),
            "",
            "",
            'if __name__ == "__main__":',
            f"    build_model({'' if single else 'SEEDS[0]'}).summary()",
            "",
        ]
    )


def variables_of(lowered: Lowered) -> dict[str, str]:
    """The variable that each layer's output is in: `x`, where the next layer alone takes it.

    What several layers take is called `shortcut` if one of them is the sum of a residual block or
    leads to it, and `stem` otherwise; what waits for its block's other paths is a `branch`.
    """
    takers: dict[str, list[Application]] = {}
    following = {lowered.layers[0].name: lowered.images}
    for one, after in pairwise(lowered.layers):
        following[after.name] = one.name
    for one in lowered.layers:
        for name in one.inputs:
            takers.setdefault(name, []).append(one)
    variables = {lowered.images: "images"}
    counts: Counter[str] = Counter()
    for one in lowered.layers:
        taking = takers.get(one.name, [])
        if all(following[taker.name] == one.name for taker in taking):
            variables[one.name] = "x"
            continue
        word = "branch"
        if len(taking) > 1:
            # The last to take it: in a residual block it is the sum, or on the way to it.
            word = "shortcut" if taking[-1].made and len(taking) == 2 else "stem"
        counts[word] += 1
        variables[one.name] = word if counts[word] == 1 else f"{word}_{counts[word]}"
    return variables


def _what(members: int) -> str:
    return "a Keras model" if members == 1 else f"{members} Keras models that predict together"


def _training(spec: Spec) -> list[str]:
    begun = [] if spec.training.initialize_from is None else _BEGUN
    return ["To train it with Keras:", "", "    model = build_model()", *_fit(spec), *begun]


_BEGUN = [
    "",
    "The training begins with the weights of a run, and `build_model` with random ones: the file",
    "`model.keras` has the weights of that run.",
]


def _training_of_members(spec: Spec) -> list[str]:
    # Notes on the call stand behind it, at the margin.
    fit = [_INDENT + line if line.startswith(_INDENT) else line for line in _fit(spec)]
    return [
        "To train them with Keras:",
        "",
        "    models = [build_model(seed) for seed in SEEDS]",
        "    for model in models:",
        *fit,
        "",
        "The prediction is the mean of theirs, over all models and the draws of each.",
    ]


def _assignment(name: str, seeds: list[int]) -> list[str]:
    """A tuple of numbers, as many on a line as a formatter leaves there."""
    flat = f"{name} = {tuple(seeds)!r}"
    if len(flat) <= _WIDTH:
        return [flat]
    return [f"{name} = (", *(f"{_INDENT}{seed}," for seed in seeds), ")"]


def _fit(spec: Spec) -> list[str]:
    """How to train with Keras as `bnnc train` would, and what Keras's loop does otherwise."""
    training = spec.training
    stopping = training.early_stopping
    callbacks, notes = [], []
    if training.optimizer.use_ema:
        # Keras restores what `on_epoch_end` saw: the averages must be in the model by then.
        swap = "swap_on_epoch=True" if stopping and stopping.restore_best_weights else ""
        callbacks.append(f"keras.callbacks.SwapEMAWeights({swap})")
        notes += [
            "The averaged weights are validated with, and are in the model after the last epoch.",
        ]
    if stopping is not None:
        chosen = stopping.model_dump(exclude_defaults=True)
        watched: dict[str, Value] = {"monitor": "val_nll", "mode": "min", **chosen}
        callbacks.append(_print(Call("keras.callbacks.EarlyStopping", watched), 4))
        notes += ["An interrupted `fit` forgets how long early stopping has waited."]
    if not callbacks:
        return ["    model.fit(images, labels, batch_size=BATCH_SIZE, epochs=EPOCHS)"]
    lines = ["model.fit(", "    images,", "    labels,", "    batch_size=BATCH_SIZE,"]
    lines += ["    epochs=EPOCHS,"]
    if stopping is not None:
        lines += ["    validation_data=(validation_images, validation_labels),"]
    written = [f"        {line}" for one in callbacks for line in f"{one},".split("\n")]
    lines += ["    callbacks=[", *written, "    ],", ")"]
    return [*(_INDENT + line for line in lines), "", *notes]


_INPUTS = {2: "Series", 3: "Images", 4: "Volumes"}
_LABELS = {
    "integer": "class indices [batch]",
    "one_hot": "one-hot rows [batch, {}]",
    "binary": "0 or 1 [batch]",
    "multi_hot": "rows of 0 and 1 [batch, {}]",
    "real": "real numbers [batch{}]",
    "count": "counts [batch]",
    "soft": "rows of shares that sum to 1 [batch, {}]",
}


def _numbers(spec: Spec) -> str:
    """What the model gives, in words."""
    words = spec.output.parameterization.replace("_", " ")
    learned = spec.output.learned
    return words if learned is None else f"{words} and, behind it, the learned {learned.name}"


def _columns(spec: Spec) -> str:
    if isinstance(spec.output, OverReals):
        size = spec.output.event_size
        return f", {size}" if size > 1 else ""
    return str(spec.output.width)


class _Name(str):
    """A variable of the emitted source, printed without quotes."""


def _print(
    value: Value, depth: int, *, prefix: str = "", suffix: str = "", variable: str = "model"
) -> str:
    """A value as source; exploded over lines, one argument each, where it is too wide."""
    flat = _flat(value) + suffix
    before = max(len("model = "), len(f"{variable} = "))
    if len(_INDENT) * depth + len(prefix) + len(flat) + before <= _WIDTH:
        return flat
    match value:
        case Call():
            inner = [
                f"{name}={_print(argument, depth + 1, prefix=f'{name}=')},"
                for name, argument in value.arguments.items()
            ]
            opening, closing = f"{_target(value.target)}(", ")"
        case list() | tuple():
            inner = [f"{_print(item, depth + 1)}," for item in value]
            opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        case _:
            return flat
    indented = ["\n".join(_INDENT + line for line in argument.split("\n")) for argument in inner]
    return "\n".join([opening, *indented, closing + suffix])


def _flat(value: Value) -> str:
    match value:
        case _Name():
            return str(value)
        case Call():
            arguments = ", ".join(f"{name}={_flat(one)}" for name, one in value.arguments.items())
            return f"{_target(value.target)}({arguments})"
        case Expression():
            return value.text
        case list():
            return "[" + ", ".join(_flat(item) for item in value) + "]"
        case tuple():
            inner = ", ".join(_flat(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case str():
            # As a formatter would write it, with double quotes where that is the same string.
            quoted = repr(value)
            plain = quoted[1:-1]
            return f'"{plain}"' if quoted[0] == "'" and '"' not in plain else quoted
        case _:
            return repr(value)


def _target(target: str) -> str:
    return target.replace("bnnc.runtime.", "bnn.", 1)
