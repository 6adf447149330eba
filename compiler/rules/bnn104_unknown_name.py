"""BNN104."""

import re
from difflib import get_close_matches

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.edits import replace
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.specs.section import LAYER_NAME


@finding("BNN104")
def unknown_name(
    report: Report, span: Span, field: str, value: str | None, choices: list[str]
) -> Diagnostic:
    """A layer type, method, loss or other name that the language does not have.

    ## What it does
    Finds words that stand where one of a fixed list is expected.

    ## Why it is bad
    There is nothing that the word could be compiled to. Names are those of Keras and TensorFlow
    Probability, in lower case with underscores.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: Conv2D, filters: 6, kernel_size: 5}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorial, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    meant = _meant(value, choices)
    fixes: tuple[Fix, ...] = ()
    if meant is None and field == "layers" and value:
        names = f"as in `layers: [{value}]`" if re.fullmatch(LAYER_NAME, value) else "in brackets"
        help = f"use `all`, `last`, or a list of layer names, {names}"
    elif meant is None and len(choices) == 1:
        help = f"write `{choices[0]}`: there is no other yet"
    elif meant is None:
        help = "use one of: " + ", ".join(f"`{choice}`" for choice in choices)
    else:
        help = f"did you mean `{meant}`?"
        fixes = (Fix(f"write `{meant}`", (replace(span, meant),), safe=False),)
    return report(
        span,
        f"unknown `{field}`: {quoted('null' if value is None else value)}",
        label="not a name of the language",
        help=(help,),
        fixes=fixes,
    )


# What the field calls the same thing elsewhere.
_ALSO_CALLED = {
    "nll": "negative_log_likelihood",
    "bbb": "reparameterization",
    "bayesbybackprop": "reparameterization",
    "vi": "reparameterization",
    "meanfield": "reparameterization",
    "lrt": "local_reparameterization",
    "mcd": "mc_dropout",
    "deterministic": "none",
    "multinomial": "categorical",
    "onehot": "one_hot_categorical",
    "sparse": "integer",
    "index": "integer",
    "onehotencoded": "one_hot",
    "categoricalcrossentropyloss": "categorical_crossentropy",
    "gap": "global_average_pooling2d",
    "maxpool": "max_pooling2d",
    "maxpool2d": "max_pooling2d",
    "avgpool2d": "average_pooling2d",
    "averagepool2d": "average_pooling2d",
    "batchnorm": "batch_normalization",
    "batchnorm2d": "batch_normalization",
    "conv": "conv2d",
    "convolution2d": "conv2d",
    "linear": "dense",
    "swish": "silu",
    "none": "linear",
    "cosine": "cosine_decay",
    "exponential": "exponential_decay",
    "polynomial": "polynomial_decay",
    "piecewise": "piecewise_constant_decay",
    "multistep": "piecewise_constant_decay",
}


def _meant(value: str | None, choices: list[str]) -> str | None:
    if value is None:  # as Keras says "no activation"
        value = "none"
    if len(value) > 60:
        return None
    plain = {choice.replace("_", ""): choice for choice in choices}
    word = "".join(character for character in value.lower() if character.isalnum())
    if word in plain:
        return plain[word]
    also = _ALSO_CALLED.get(word)
    if also in choices:
        return also
    close = get_close_matches(word, plain, n=1, cutoff=0.7)
    return plain[close[0]] if close else None
