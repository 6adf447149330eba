"""Translate the words of other libraries.

These tables are asked about words that the language does not have where they stand. What it does
have is read off its schema: a word that becomes a key or a member is never looked up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache

# What the field calls the same thing elsewhere; words without signs, in lower case.
_ALSO_CALLED = {
    "nll": "negative_log_likelihood",
    "negloglik": "negative_log_likelihood",
    "elbo": "negative_log_likelihood",
    "bbb": "reparameterization",
    "bayesbybackprop": "reparameterization",
    "vi": "reparameterization",
    "meanfield": "reparameterization",
    "lrt": "local_reparameterization",
    **dict.fromkeys(("mirrored", "mirroredsampling", "antitheticsampling"), "antithetic"),
    "mcd": "mc_dropout",
    "deterministic": "none",
    "multinomial": "categorical",
    "mfvi": "reparameterization",
    "svi": "reparameterization",
    "variationalinference": "reparameterization",
    "montecarlodropout": "mc_dropout",
    "kfaclaplace": "laplace",
    "lastlayerlaplace": "laplace",
    "crossentropy": "negative_log_likelihood",
    "crossentropyloss": "negative_log_likelihood",
    "bce": "binary_crossentropy",
    "bceloss": "binary_crossentropy",
    "bcewithlogitsloss": "binary_crossentropy",
    "bcewithlogits": "binary_crossentropy",
    "cce": "categorical_crossentropy",
    "scce": "sparse_categorical_crossentropy",
    "gaussiannllloss": "negative_log_likelihood",
    "mixture": "scale_mixture",
    "gaussianmixture": "scale_mixture",
    "normalmixture": "scale_mixture",
    "scalemixtureofnormals": "scale_mixture",
    "defaultmultivariatenormalfn": "normal",
    "multivariatenormalfn": "normal",
    "locandscale": "loc_and_unconstrained_scale",
    "meanandscale": "loc_and_unconstrained_scale",
    "meanandvariance": "loc_and_unconstrained_scale",
    "onehot": "one_hot_categorical",
    "sparse": "integer",
    "index": "integer",
    "onehotencoded": "one_hot",
    "categoricalcrossentropyloss": "categorical_crossentropy",
    "gap": "global_average_pooling2d",
    "maxpool": "max_pooling2d",
    "conv": "conv2d",
    "linear": "dense",
    "fullyconnected": "dense",
    "fc": "dense",
    "swish": "silu",
    "hardswish": "hard_silu",
    "identity": "linear",
    "scores": "logits",
    "probabilities": "probs",
    "softmax": "probs",
    "none": "linear",
    "gaussian": "normal",
    "mse": "mean_squared_error",
    "mseloss": "mean_squared_error",
    "poissonnllloss": "poisson",
    "exp": "exponential",
    "ordinal": "ordered_logistic",
    "concrete": "relaxed_one_hot_categorical",
    "multilabel": "independent_bernoulli",
    "multihot": "multi_hot",
    "continuous": "real",
    "regression": "real",
    "cosine": "cosine_decay",
    "exponential": "exponential_decay",
    "polynomial": "polynomial_decay",
    "piecewise": "piecewise_constant_decay",
    "multistep": "piecewise_constant_decay",
}
# Beginnings and middles of class names that other libraries shorten or spell out.
_SPELLED = (
    (r"convolution", "conv"),
    (r"maxpool(?:ing)?", "maxpooling"),
    (r"(?:avg|average)pool(?:ing)?", "averagepooling"),
    (r"batchnorm(?:alization)?(?:\dd)?", "batchnormalization"),
    (r"norm$", "normalization"),
    (r"layer$", ""),
)
# Pieces of the names of Bayesian layers, and the method that such a layer learns by. The longer
# piece comes first. `DenseVariational` and blitz's `BayesianLinear` draw one weight a batch.
_METHODS = (
    ("localreparameterization", "local_reparameterization"),
    ("localreparametrization", "local_reparameterization"),
    ("flipout", "flipout"),
    ("reparameterization", "reparameterization"),
    ("reparametrization", "reparameterization"),
    ("variational", "reparameterization"),
    ("bayesian", "reparameterization"),
    ("bayes", "reparameterization"),
    ("mc", "mc_dropout"),
)


def plain(word: str) -> str:
    """A word of any library in lower case, without its module and without signs."""
    return "".join(sign for sign in word.rsplit(".", 1)[-1].lower() if sign.isalnum())


@cache
def _by_spelling(choices: tuple[str, ...]) -> dict[str, str]:
    return {plain(choice): choice for choice in choices}


def exact_word(value: str, choices: Sequence[str]) -> str | None:
    """The choice that a word is another spelling or another name of."""
    if not value or len(value) > 100:
        return None
    by_spelling = _by_spelling(tuple(choices))
    word = plain(value)
    spelled = word
    for pattern, replacement in _SPELLED:
        spelled = re.sub(pattern, replacement, spelled)
    for one in (word, spelled):
        if one in by_spelling:
            return by_spelling[one]
        if _ALSO_CALLED.get(one) in choices:
            return _ALSO_CALLED[one]
    return None


def is_log_softmax(value: str | None) -> bool:
    """Whether a word says log-probabilities, as an activation or as what an output is."""
    return plain(value or "") in {"logsoftmax", "logprobs", "logprobabilities", "logprob"}


def meant_word(value: str | None, choices: Sequence[str]) -> str | None:
    """The choice that was meant by an unknown word; None where none is near."""
    if value is None:  # as Keras says "no activation"
        value = "none"
    exact = exact_word(value, choices)
    if exact is not None or not value or len(value) > 60:
        return exact
    # `conv3d` is no misspelt `conv2d`: where both have digits, they are the same.
    word = plain(value)
    digits = _digits(word)
    by_spelling = {
        plain(choice): choice
        for choice in choices
        if not digits or not _digits(choice) or digits == _digits(choice)
    }
    close = get_close_matches(word, by_spelling, n=1, cutoff=0.7)
    return by_spelling[close[0]] if close and _is_misspelt(value, by_spelling[close[0]]) else None


def _is_misspelt(value: str, choice: str) -> bool:
    """Whether every part of a name is near one of the other's: `layer_normalization` is a name of
    its own, and no misspelt `batch_normalization`.
    """
    parts = re.findall(r"[A-Z]*[^A-Z_\W]+|[A-Z]+", value.rsplit(".", 1)[-1])
    return len(parts) < 2 or all(
        get_close_matches(part.lower(), re.split("[_-]", choice), n=1) for part in parts
    )


def bayesian_layer(
    value: str, types: Sequence[str], methods: Sequence[str]
) -> tuple[str, str] | None:
    """Layer type and method that a Bayesian layer of another library is said by.

    `DenseFlipout` is `dense` and `flipout`, `Conv2dReparameterization` `conv2d` and
    `reparameterization`.
    """
    word = plain(value)
    for piece, method in _METHODS:
        rest = word.replace(piece, "", 1)
        if piece in word and method in methods and rest:
            layer = exact_word(rest, types)
            if layer is not None:
                return layer, method
    return None


def tag_meant(value: object, choices: Sequence[str]) -> str | None:
    """The member of a union that was meant by its tag, a Bayesian layer by its plain one."""
    if not isinstance(value, str):
        return None
    exact = exact_word(value, choices)
    if exact is not None:
        return exact
    found = bayesian_layer(value, choices, [method for _, method in _METHODS])
    return found[0] if found else meant_word(value, choices)


def near_words(value: str, choices: Sequence[str]) -> list[str]:
    """The choices that share a part of their name with a word, as `conv3d` does with `conv2d`."""
    word = plain(value)
    found = []
    for choice in choices:
        stems = [re.sub(r"\dd$", "", part) for part in choice.split("_")]
        if any(len(stem) >= 4 and stem in word for stem in stems):
            found.append(choice)
    return found


# Layers of other libraries whose place is another section, whatever types there are.
_SAID_ELSEWHERE = {
    "input": "delete it: the section `input: {shape: [28, 28, 1]}` defines the input",
    "rescaling": "delete it: `input: {value_range: [0, 255]}` maps raw pixels to [0, 1]",
    "normalization": "delete it: `mean` and `std` in `input` standardize the images",
    "distributionlambda": "delete it: `output` defines the distribution, and the layer before it "
    "gives its parameters",
    "onehotcategorical": "delete it, and write `distribution: one_hot_categorical` in `output`",
    "categorical": "delete it, and write `distribution: categorical` in `output`",
    "independentbernoulli": "delete it: `output` defines the distribution",
    "logsoftmax": "delete it: under `parameterization: logits` the loss includes the log-softmax",
    "lambda": "use a layer type that bnnc has: a spec cannot contain code",
}


def layer_said_elsewhere(value: str) -> str | None:
    """Say what to write instead of a layer that another section describes."""
    word = plain(value)
    return _SAID_ELSEWHERE.get(word) or _SAID_ELSEWHERE.get(word.removesuffix("layer"))


def number_meant(text: str) -> float | None:
    """The number that a text stands for: `1/60000`, `50%`, `1_000`, `2**10`; None if it is none."""
    text = text.strip()
    if len(text) > 60:
        return None
    with_sign = re.fullmatch(r"(.+?)\s*(/|\*\*|\^)\s*(.+)", text)
    percent = text.endswith("%")
    try:
        if with_sign is None:
            number = float(re.sub(r"(?<=\d)[,_](?=\d{3})", "", text.removesuffix("%")))
            number = number / 100 if percent else number
        else:
            left, right = float(with_sign[1]), float(with_sign[3])
            number = left / right if with_sign[2] == "/" else left**right
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if isinstance(number, complex) or not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def numbers_meant(text: str) -> list[int] | None:
    """The list that a text stands for: `28x28x1`, `(3, 3)`, `28, 28, 1`; None if it is none."""
    if not re.fullmatch(r"[\s(\[]*\d{1,9}(?:\s*[x×,*; ]\s*\d{1,9})+,?[\s)\]]*", text[:80]):
        return None
    return [int(digits) for digits in re.findall(r"\d+", text)]


def sigma_of_rho(rho: float) -> float:
    """The standard deviation softplus(rho) that an unconstrained rho stands for."""
    return max(rho, 0.0) + math.log1p(math.exp(-abs(rho)))


def _digits(word: str) -> str:
    return "".join(sign for sign in word if sign.isdigit())
