"""What people write who come from Keras, PyTorch, edward2 or a BNN repository, and what they read."""

from __future__ import annotations

import pytest

from bnnc.compiler.pipeline import check, fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source

HEAD = "bnnc: 1\nname: example\ninput: {shape: [28, 28, 1]}\n"
OUTPUT = (
    "output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}\n"
)
YES_OR_NO = "output: {distribution: bernoulli, parameterization: logits, labels: binary}\n"
FLATTEN = "{type: flatten}"
HEAD_LAYER = "{type: dense, units: 10}"
FLIPOUT = "bayesian: {method: flipout}\n"


def with_layers(*layers: str, output: str = OUTPUT) -> str:
    return HEAD + "layers:\n" + "".join(f"  - {one}\n" for one in layers) + output


VALID = with_layers(FLATTEN, HEAD_LAYER)
BINARY = with_layers(FLATTEN, "{type: dense, units: 1}", output=YES_OR_NO)
CONVOLUTION = "{type: conv2d, filters: 8, kernel_size: 5, padding: %s}"
REALS = "output: {distribution: normal, parameterization: loc, labels: real, scale: learned}"


def with_padding(padding: str) -> str:
    return with_layers(CONVOLUTION % padding, FLATTEN, HEAD_LAYER)


def with_hidden(rest: str) -> str:
    return with_layers(FLATTEN, f"{{type: dense, units: 20, activation: relu, {rest}}}", HEAD_LAYER)


ROWS: dict[str, tuple[str, str, str]] = {
    "method of a layer": (
        with_hidden("method: none") + FLIPOUT,
        "write `bayesian: {method: none}` in the layer",
        "activation: relu, bayesian: {method: none}}",
    ),
    "prior of a layer": (
        with_hidden("prior: {scale: 0.1}") + FLIPOUT,
        "write `bayesian: {prior: {scale: 0.1}}` in the layer",
        "activation: relu, bayesian: {prior: {scale: 0.1}}}",
    ),
    "prior of a layer as a number": (
        with_hidden("prior: 0.1") + FLIPOUT,
        "write `bayesian: {prior: {scale: 0.1}}` in the layer",
        "",
    ),
    "method of a layer with a section": (
        with_hidden("bayesian: {prior: {scale: 0.1}}, method: none") + FLIPOUT,
        "write `method: none` in the layer's own `bayesian`",
        "",
    ),
    "no Bayesian layer": (
        with_hidden("bayesian: false") + FLIPOUT,
        "write `bayesian: {method: none}`",
        "bayesian: {method: none}}",
    ),
    "a Bayesian layer": (with_hidden("bayesian: true"), "write `bayesian: {method: flipout}`", ""),
    "no Bayesian layers": (VALID + "bayesian: false\n", "write `bayesian: {method: none}`", "{method: none}"),
    "no ensemble": (VALID + "ensemble: false\n", "write `ensemble: null`, or delete the key", ""),
    "an ensemble as a method": (
        VALID + "bayesian: {method: ensemble, members: 3}\n",
        "write `ensemble: {members: 3}` at the top, instead of `bayesian`",
        "\nensemble: {members: 3}\n",
    ),
    "an argument without its name": (
        with_layers("MaxPool2D: 3", FLATTEN, HEAD_LAYER),
        "write `- {type: max_pooling2d, pool_size: 3}`",
        "- {type: max_pooling2d, pool_size: 3}",
    ),
    "an argument where there is none": (
        with_layers("Flatten: 3", HEAD_LAYER),
        "write `- {type: flatten}`; there is no key for `3`",
        "",
    ),
    "arguments under other names": (
        with_layers("Conv2D: {filters: 16, kernel: 3, activation: ReLU}", FLATTEN, HEAD_LAYER),
        "write `- {type: conv2d, filters: 16, kernel_size: 3, activation: relu}`",
        "",
    ),
    "an argument that a layer has not": (
        with_layers(FLATTEN, "Dense: {units: 10, kernel_regularizer: l2}"),
        "write `- {type: dense, units: 10}`; there is no key for `kernel_regularizer: l2`",
        "",
    ),
    "a call": (with_layers(FLATTEN, "Dense(10)"), "write `- {type: dense, units: 10}`", HEAD_LAYER),
    "a call with names": (
        with_layers("Conv2D(16, 3, activation='relu')", FLATTEN, HEAD_LAYER),
        "write `- {type: conv2d, filters: 16, kernel_size: 3, activation: relu}`",
        "kernel_size: 3, activation: relu}",
    ),
    "a call of PyTorch": (
        with_layers("nn.Conv2d(1, 16, kernel_size=3, padding=1)", FLATTEN, HEAD_LAYER),
        "write `- {type: conv2d, filters: 16, kernel_size: 3, padding: same}`",
        "{type: conv2d, filters: 16, kernel_size: 3, padding: same",
    ),
    "a call of an activation": (
        with_layers(FLATTEN, "nn.ReLU()", HEAD_LAYER),
        "write `- {type: activation, activation: relu}`",
        "- {type: activation, activation: relu}",
    ),
    "zeros at each side": (with_padding("2"), "write `padding: same`, which adds the same number", ""),
    "no zeros": (with_padding("0"), "write `padding: valid`, which adds the same number", ""),
    "fewer zeros": (
        with_padding("1"),
        "a padding layer before this one: `- {type: zero_padding2d, padding: 1}`",
        "",
    ),
    "zeros of two sizes": (
        with_padding("[1, 2]"),
        "a padding layer before this one: `- {type: zero_padding2d, padding: [1, 2]}`",
        "",
    ),
    "a layer type for all layers": (
        VALID + "layer_type: lrt\n",
        "write `bayesian: {method: local_reparameterization}`",
        "",
    ),
    "a layer type in its section": (
        VALID + "bayesian: {layer_type: bbb}\n",
        "write `method: reparameterization`",
        "{method: reparameterization}",
    ),
    "draws in training": (VALID + "train_ens: 2\n", "write `training: {samples: 2}`", ""),
    "draws in validation": (VALID + "valid_ens: 8\n", "write `prediction: {samples: 8}`", ""),
    "a first learning rate": (
        VALID + "lr_start: 0.002\n",
        "write `training: {optimizer: {type: adam, learning_rate: 0.002}}`",
        "",
    ),
    "a share for validation": (
        VALID + "valid_size: 0.2\n",
        "write `validation_split: 0.2` in a section `data`",
        "",
    ),
    "a share for validation of known data": (
        VALID + "valid_size: 0.2\ndata: {source: mine.npz}\n",
        "write `validation_split: 0.2` there",
        "",
    ),
    "a beta": (
        VALID + FLIPOUT + "beta_type: 0.1\n",
        "write `loss: {kl: {weight: per_example, temperature: 0.1}}`",
        "",
    ),
    "a beta by name": (
        VALID + FLIPOUT + "beta_type: Blundell\n",
        "write `loss: {kl: {weight: per_example}}`",
        "",
    ),
    "priors": (
        VALID + "priors: {prior_mu: 0, prior_sigma: 0.1, posterior_mu_initial: [0, 0.1], "
        "posterior_rho_initial: [-5, 0.1]}\n",
        "write `prior: {loc: 0, scale: 0.1}`, `posterior: {initial_scale: 0.00672}` in `bayesian`; "
        "bnnc has no key for `posterior_mu_initial: [0, 0.1]`",
        "",
    ),
    "features of a Gaussian process": (
        VALID + "bayesian: {method: sngp, gp_hidden_dim: 512}\n",
        "write `gaussian_process: {num_inducing: 512}` in `bayesian`",
        "",
    ),
    "a ridge penalty": (
        VALID + "bayesian: {method: sngp, gaussian_process: {gp_cov_ridge_penalty: 0.01}}\n",
        "write `amplitude: 10`, which is 1 / √0.01",
        "{amplitude: 10}",
    ),
    "a squared length scale": (
        VALID + "bayesian: {method: sngp, gaussian_process: {gp_kernel_scale: 4}}\n",
        "write `length_scale: 2`, which is the square root of 4",
        "{length_scale: 2}",
    ),
    "a normalized input": (
        VALID + "bayesian: {method: sngp, normalize_input: true}\n",
        "write `- {type: layer_normalization}` before the last dense layer",
        "",
    ),
    "what is watched": (
        VALID + "training: {early_stopping: {monitor: val_loss, patience: 3}}\n",
        "delete it",
        "",
    ),
    "balanced classes": (
        VALID + "loss: {class_weight: auto}\n",
        "write `balanced`, the only name allowed here",
        "",
    ),
    "weights by class": (
        BINARY + 'loss: {class_weight: {"0": 1, "1": 99}}\n',
        "write `class_weight: [1, 99]`",
        "",
    ),
    "a weight of the positive class": (
        BINARY + "loss: {pos_weight: 99}\n",
        "write `class_weight: [1, 99]`",
        "loss: {class_weight: [1, 99]}",
    ),
    "several inputs": (
        VALID.replace(
            "input: {shape: [28, 28, 1]}", "inputs: [{shape: [28, 28, 1]}, {shape: [28, 28, 3]}]"
        ),
        "write one, as in `input: {shape: [28, 28, 1]}`: in this version a spec has one input",
        "",
    ),
    "several inputs by name": (
        VALID.replace(
            "input: {shape: [28, 28, 1]}",
            "inputs: {left: {shape: [28, 28, 1]}, right: {shape: [28, 28, 3]}}",
        ),
        "write one, as in `input: {shape: [28, 28, 1]}`: in this version a spec has one input",
        "",
    ),
    "a list of one input": (
        VALID.replace("input: {shape: [28, 28, 1]}", "inputs: [{shape: [28, 28, 1]}]"),
        "write `input: {shape: [28, 28, 1]}`",
        "\ninput: {shape: [28, 28, 1]}\n",
    ),
    "several outputs": (
        VALID.replace("output: {", "outputs: [{").replace("integer}", f"integer}}, {REALS[8:]}]"),
        "in this version a spec has one output; each other output needs its own spec",
        "",
    ),
    "a list of outputs": (
        VALID.replace("output: {", "output: [{").replace("integer}", f"integer}}, {REALS[8:]}]"),
        "write one, as in `output: {distribution: categorical, parameterization: logits, "
        "classes: 10, labels: integer}`: in this version a spec has one output",
        "",
    ),
    "classes with a scale": (
        with_layers(FLATTEN, "{type: dense, units: 20}").replace("logits", "loc_and_scale"),
        "write `parameterization: logits`: a class takes one number; this version does not support",
        "parameterization: logits",
    ),
    "a mistyped section": (
        VALID + "trainig: {epochs: 3}\n", "did you mean `training`?", "\ntraining: {epochs: 3}\n"
    ),
    "a British section": (
        VALID + "training: {optimiser: {type: sgd, learning_rate: 0.1}}\n",
        "did you mean `optimizer`?",
        "training: {optimizer: {type: sgd, learning_rate: 0.1}}\n",
    ),
}  # fmt: skip
MISTAKES = {name: text for name, (text, _, _) in ROWS.items()}


def checked(text: str) -> Report:
    return check(Source("spec.yaml", text))


@pytest.mark.parametrize(("text", "help", "fixed"), ROWS.values(), ids=list(ROWS))
def test_a_habit_is_told_its_line_and_nothing_is_lost(text: str, help: str, fixed: str) -> None:
    report = checked(text)
    told = [one.help[0] for one in report.diagnostics if one.code < "BNN2"]
    assert [one for one in told if help in one], told
    assert len(told) == 1
    result = fix(report, unsafe=True)
    assert (fixed in result.source.text) if fixed else (result.source.text == text)
    if fixed:
        assert not [one for one in result.report.diagnostics if one.code < "BNN2"]


@pytest.mark.parametrize("second", [HEAD_LAYER, "{type: dense, units: 1}"])
def test_a_branch_of_variances_beside_the_classes_is_told_to_go(second: str) -> None:
    branches = f"[[{HEAD_LAYER}], [{second}]]"
    text = with_layers(FLATTEN, f"{{type: parallel, branches: {branches}, merge: concatenate}}")
    (found,) = [one for one in checked(text).diagnostics if one.code == "BNN204"]
    assert found.help[0].startswith("keep only the branch of the 10 classes")
    text = text.replace("logits", "loc_and_unconstrained_scale")
    (found,) = [one for one in checked(text).diagnostics if one.code == "BNN325"]
    assert "this version does not support" in found.notes[-1]


def test_a_misspelt_distribution_is_told_its_own_words() -> None:
    text = with_layers(
        FLATTEN, "{type: dense, units: 1}", output="output: {distribution: gaussian}\n"
    )
    found = {one.code: one for one in checked(text).diagnostics}
    assert found["BNN103"].help == (
        "add `parameterization: loc` with `scale: learned`, or `loc_and_unconstrained_scale`",
        "add `labels: real`",
    )
    assert found["BNN104"].help == ("did you mean `normal`?",)
    written = text.replace(
        "gaussian", "normal, parameterization: loc, scale: learned, labels: real"
    )
    assert not checked(written).diagnostics


def test_a_temperature_that_is_set_back_is_named() -> None:
    text = VALID + FLIPOUT + "loss: {kl: {weight: 0, temperature: 10}}\n"
    (found,) = [one for one in checked(text).diagnostics if one.code == "BNN414"]
    assert found.help == (
        "write `weight: per_example`, which is 1 / number of training rows, and `temperature: 1.0`",
    )
