"""Fragments of a spec in the help of rules, such as `units: 10`, as Keras and TFP code."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from bnnc.compiler.scripts.layers import keras_classes

# A key, or the key and its value: for a model that ends with a distribution of tfp, and for one of
# Keras's losses. `{}` is the value.
_FRAGMENTS: Mapping[str, tuple[str, str]] = {
    "parameterization: logits": (
        "`logits=t` in the distribution",
        "`from_logits=True` in the loss",
    ),
    "parameterization: probs": ("`probs=t` in the distribution", "`from_logits=False` in the loss"),
    "parameterization: rate": ("`rate=t` in the distribution", '`loss="poisson"`'),
    "parameterization: log_rate": (
        "`log_rate=t` in the distribution",
        '`activation="exponential"` in the last layer',
    ),
    "parameterization: loc": ("`loc=t` in the distribution", '`loss="mse"`'),
    "parameterization: loc_and_unconstrained_scale": (
        "`tfp.layers.IndependentNormal`",
        "`tfp.layers.IndependentNormal`",
    ),
    "distribution: bernoulli": ("`tfd.Bernoulli`", '`loss="binary_crossentropy"`'),
    "distribution: independent_bernoulli": (
        "`tfp.layers.IndependentBernoulli`",
        '`loss="binary_crossentropy"`',
    ),
    "distribution: categorical": ("`tfd.Categorical`", '`loss="sparse_categorical_crossentropy"`'),
    "distribution: one_hot_categorical": (
        "`tfd.OneHotCategorical`",
        '`loss="categorical_crossentropy"`',
    ),
    "distribution: normal": ("`tfd.Normal`", '`loss="mse"`'),
    "distribution: poisson": ("`tfd.Poisson`", '`loss="poisson"`'),
    "labels: integer": ("class numbers as labels", "class numbers as labels"),
    "labels: one_hot": ("one-hot rows as labels", "one-hot rows as labels"),
    "labels: binary": ("labels of 0 and 1", "labels of 0 and 1"),
    "labels: multi_hot": ("rows of 0 and 1 as labels", "rows of 0 and 1 as labels"),
    "labels: real": ("real numbers as labels", "real numbers as labels"),
    "labels: count": ("counts as labels", "counts as labels"),
    "type: negative_log_likelihood": (
        "`loss=lambda y, d: -d.log_prob(y)`",
        "a negative log-likelihood",
    ),
    "scale: learned": (
        "`scale=tf.nn.softplus(tf.Variable(0.0))` in the distribution",
        '`loss="mse"`',
    ),
    "scale": ("`scale={}` in the distribution", '`loss="mse"`'),
    "event_size": ("labels of {} numbers", "labels of {} numbers"),
    "classes": ("`units={}` in the last layer", "`units={}` in the last layer"),
    "shape": ("`input_shape={}`", "`input_shape={}`"),
    "value_range": ("images with values of {}", "images with values of {}"),
}
# Keys that are arguments of Keras by the same name.
_ARGUMENTS = frozenset(
    {
        *("activation", "units", "filters", "kernel_size", "strides", "padding", "pool_size"),
        *("rate", "groups", "dilation_rate", "use_bias", "axis", "momentum", "target_shape"),
        *("output_padding", "depth_multiplier", "size", "learning_rate", "initial_learning_rate"),
        *("weight_decay", "beta_1", "beta_2", "clipnorm", "global_clipnorm", "clipvalue"),
        *("nesterov", "use_ema", "ema_momentum", "batch_size", "epochs", "validation_split"),
        *("label_smoothing", "patience", "start_from_epoch", "kernel_constraint"),
    }
)
_CODE = re.compile(r"`(- )?(\{?[a-z_0-9]+: [^`]*)`")
# In a script, these are the classes.
_UNITS = re.compile(r", and \d+ units in the last layer$")
_LAYER = re.compile(r"`([a-z_0-9]+)`")
_LOSSES = ("crossentropy", "mean_squared_error", "poisson")


def in_code(text: str, *, has_distribution: bool) -> str | None:
    """A text with its fragments of a spec as code; None if one of them has no counterpart."""
    is_known = True

    def written(found: re.Match[str]) -> str:
        nonlocal is_known
        code = _fragment(found[2], has_distribution=has_distribution)
        is_known = is_known and code is not None
        return code or found[0]

    def named(found: re.Match[str]) -> str:
        keras_class = keras_classes().get(found[1])
        return found[0] if keras_class is None else f"`{keras_class}`"

    text = _LAYER.sub(named, _CODE.sub(written, _UNITS.sub("", text)))
    return text if is_known else None


def _fragment(text: str, *, has_distribution: bool) -> str | None:
    column = 0 if has_distribution else 1
    if text in _FRAGMENTS:
        return _FRAGMENTS[text][column]
    try:
        fields = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    if not isinstance(fields, dict) or not fields:
        return None
    kind = fields.pop("type", None)
    if kind is None:
        codes = [_argument(key, value, column) for key, value in fields.items()]
        return ", ".join(code for code in codes if code) if all(codes) else None
    if kind in keras_classes():
        arguments = [f"{key}={_value(value)}" for key, value in fields.items()]
        return f"`{keras_classes()[kind]}({', '.join(arguments)})`"
    if not fields and str(kind).endswith(_LOSSES):
        return f'`loss="{kind}"`'
    return None


def _argument(key: str, value: object, column: int) -> str | None:
    if f"{key}: {value}" in _FRAGMENTS:
        return _FRAGMENTS[f"{key}: {value}"][column]
    if key in _FRAGMENTS:
        return _FRAGMENTS[key][column].format(_value(value))
    return f"`{key}={_value(value)}`" if key in _ARGUMENTS else None


def _value(value: object) -> str:
    """A value as Keras's examples write it."""
    if isinstance(value, list):
        return f"({', '.join(map(_value, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)
