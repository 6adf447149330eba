"""Emission: the list of calls printed as `model.py`, readable as if written by hand.

Nothing of a spec is pasted into the source as text: classes come from bnnc's own tables, and every
value goes through `repr`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bnnc.compiler.backend.block_functions import BlockCall, BlockFunction, with_block_functions
from bnnc.compiler.backend.layer_functions import LayerFunction, layer_functions
from bnnc.compiler.backend.lowering import Application, Call, Lowered, Value
from bnnc.compiler.backend.printing import INDENT, WIDTH, Name, call_of, printed
from bnnc.compiler.planning.plan import Plan
from bnnc.specs import Spec
from bnnc.specs.outputs.over_reals import OverReals


def emit(spec: Spec, plan: Plan, lowered: Lowered) -> str:
    """The source of a module with `build_model() -> BayesianModel`."""
    layer_calls = layer_functions(lowered.layers)
    words = frozenset(one.name for one in layer_calls.values()) | {"x", "inputs", "seed"}
    items, block_calls = with_block_functions(lowered.layers, words)
    variables = variables_of(lowered.images, items, entry=spec.input.variable)
    first = variables[lowered.images]
    body = [f"{first} = {printed(lowered.inputs, 1)}"]
    body += _statements(items, variables, layer_calls)
    outputs = variables[lowered.layers[-1].name]
    arguments = {"inputs": Name(first), "outputs": Name(outputs), **lowered.model.arguments}
    body.append(f"model = {printed(Call(lowered.model.target, arguments), 1)}")
    compiled = Call("model.compile", {"optimizer": lowered.optimizer})
    body.append(printed(compiled, 1))
    body.append("return model")
    training = spec.training
    sizes = ", ".join(map(str, spec.input.shape))
    seeds = [member.training.seed for member in spec.members()]
    single = len(seeds) == 1
    return "\n".join(
        [
            f'"""{spec.name}: {_what(len(seeds))}, compiled by bnnc from a spec.',
            "",
            f"Fingerprint of the spec: {plan.fingerprint}",
            "",
            *(_training(spec) if single else _training_of_members(spec)),
            "",
            *_prediction(spec, plan),
            '"""',
            "",
            "import bnnc.runtime as bnn",
            "import keras",
            "",
            f"BATCH_SIZE = {training.batch_size!r}",
            f"EPOCHS = {training.epochs!r}",
            *([f"SEED = {seeds[0]!r}"] if single else _assignment("SEEDS", seeds)),
            "",
            "",
            *(line for one in layer_calls.values() for line in (*one.definition(), "", "")),
            *(line for one in block_calls for line in (*_definition(one, layer_calls), "", "")),
            "@bnn.keras_defaults()  # whatever `keras.config` or keras.json says",
            f"def build_model({'' if single else 'seed: int'}) -> bnn.BayesianModel:",
            f'    """{_INPUTS[len(spec.input.shape)]} [batch, {sizes}]{_values(spec)}'
            f" to {_numbers(spec)} [batch, {plan.nodes[-1].output_shape[0]}].",
            "",
            f"    Labels are {_LABELS[spec.output.labels].format(_columns(spec))}.",
            '    """',
            *(INDENT + line for statement in body for line in statement.split("\n")),
            "",
            "",
            'if __name__ == "__main__":',
            f"    build_model({'' if single else 'SEEDS[0]'}).summary()",
            "",
        ]
    )


def _statements(
    items: Sequence[Application | BlockCall],
    variables: Mapping[str, str],
    layer_calls: Mapping[str, LayerFunction],
) -> list[str]:
    """The statements that apply layers and blocks, one after the other."""
    found = []
    for one in items:
        taken = [variables[name] for name in one.inputs]
        variable = variables[one.name]
        if isinstance(one, BlockCall):
            applied = call_of(one.function, (*taken, *one.arguments), variable)
        elif one.call.target in layer_calls:
            function = layer_calls[one.call.target]
            applied = call_of(function.name, (*taken, *function.arguments(one)), variable)
        else:
            suffix = f"({taken[0]})" if len(taken) == 1 else f"([{', '.join(taken)}])"
            applied = printed(one.call, 1, suffix=suffix, variable=variable)
        found.append(f"{variable} = {applied}")
    return found


def _definition(block: BlockFunction, layer_calls: Mapping[str, LayerFunction]) -> list[str]:
    """The lines that define the function of a block."""
    variables = variables_of(block.entry, block.layers, entry="inputs")
    *statements, last = _statements(block.layers, variables, layer_calls)
    result = last.partition(" = ")[2]
    return [
        f"def {block.name}({', '.join(['inputs', *block.parameters])}):",
        f'{INDENT}"""Apply the layers of a new block named `block`."""',
        *(INDENT + line for one in (*statements, f"return {result}") for line in one.split("\n")),
    ]


def variables_of(
    images: str, layers: Sequence[Application | BlockCall], entry: str = "images"
) -> dict[str, str]:
    """The variable that each layer's output is in: `x`, where the next layer alone takes it.

    What several layers take is called `shortcut` if one of them is the sum of a residual block or
    leads to it, and `stem` otherwise; what waits for its block's other paths is a `branch`.
    """
    takers: dict[str, list[Application | BlockCall]] = {}
    following = {layers[0].name: images}
    for one, after in pairwise(layers):
        following[after.name] = one.name
    for one in layers:
        for name in one.inputs:
            takers.setdefault(name, []).append(one)
    variables = {images: entry}
    counts: Counter[str] = Counter()
    for one in layers:
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


_MEMBERS_BEGUN = [
    "",
    "The training of a member begins with the weights of a run, and `build_model` with random ones:",
    "the files `members/*/model.keras` have the weights of that run.",
]


def _training_of_members(spec: Spec) -> list[str]:
    # Notes on the call stand behind it, at the margin.
    fit = [INDENT + line if line.startswith(INDENT) else line for line in _fit(spec)]
    return [
        "To train them with Keras:",
        "",
        "    models = [build_model(seed) for seed in SEEDS]",
        "    for model in models:",
        *fit,
        *([] if spec.training.initialize_from is None else _MEMBERS_BEGUN),
    ]


def _prediction(spec: Spec, plan: Plan) -> list[str]:
    """How to predict, and what says how sure the prediction is."""
    several, samples = plan.members > 1, spec.prediction.samples
    predictor = "ensemble_predictor_of(models)" if several else "predictor_of(model)"
    seed = "SEEDS[0]" if several else "SEED"
    if plan.first_stochastic is None:
        how, samples = ("by the mean over all models", 1) if several else ("", 1)
    else:
        draws = f"{samples} draws of each" if several else f"{samples} draws"
        how = f"with the uncertainty of {draws}"
    shown = ", ".join(f"prediction.{name}" for name in _PREDICTED[spec.output.labels])
    return [
        f"To predict, {how}:" if how else "To predict:",
        "",
        f"    predictor = bnn.{predictor}",
        f"    prediction = predictor.predict({spec.input.variable}, samples={samples}, seed={seed})",
        f"    print({shown})",
    ]


def _assignment(name: str, seeds: list[int]) -> list[str]:
    """A tuple of numbers, as many on a line as a formatter leaves there."""
    flat = f"{name} = {tuple(seeds)!r}"
    if len(flat) <= WIDTH:
        return [flat]
    return [f"{name} = (", *(f"{INDENT}{seed}," for seed in seeds), ")"]


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
        callbacks.append(printed(Call("keras.callbacks.EarlyStopping", watched), 4))
        notes += ["An interrupted `fit` forgets how long early stopping has waited."]
    if not callbacks:
        return [
            f"    model.fit({spec.input.variable}, labels, batch_size=BATCH_SIZE, epochs=EPOCHS)"
        ]
    lines = [
        "model.fit(",
        f"    {spec.input.variable},",
        "    labels,",
        "    batch_size=BATCH_SIZE,",
    ]
    lines += ["    epochs=EPOCHS,"]
    if stopping is not None:
        lines += [f"    validation_data=(validation_{spec.input.variable}, validation_labels),"]
    written = [f"        {line}" for one in callbacks for line in f"{one},".split("\n")]
    lines += ["    callbacks=[", *written, "    ],", ")"]
    return [*(INDENT + line for line in lines), "", *notes]


_OF_CLASSES = ("probs", "entropy", "mutual_information")
_OF_NUMBERS = ("mean", "std", "epistemic_std")
_PREDICTED = {
    **dict.fromkeys(("integer", "one_hot", "soft", "binary", "multi_hot"), _OF_CLASSES),
    **dict.fromkeys(("real", "count"), _OF_NUMBERS),
}
_INPUTS = {1: "Rows of features", 2: "Series", 3: "Images", 4: "Volumes"}
_LABELS = {
    "integer": "class indices [batch]",
    "one_hot": "one-hot rows [batch, {}]",
    "binary": "0 or 1 [batch]",
    "multi_hot": "rows of 0 and 1 [batch, {}]",
    "real": "real numbers [batch{}]",
    "count": "counts [batch]",
    "soft": "rows of shares that sum to 1 [batch, {}]",
}


def _values(spec: Spec) -> str:
    """The raw values, in words."""
    if spec.input.is_table:
        return ""
    low, high = spec.input.value_range
    return f", values from {low:g} to {high:g},"


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
