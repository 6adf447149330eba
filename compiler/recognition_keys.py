"""Keys that stand where the language does not have them: what was meant, and what to write.

Where a key belongs is read off the schema as far as it can be; the tables hold the words of other
libraries, and are only asked about keys that are unknown where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from bnnc.compiler.examples import accepts, complete, entry, flow, short
from bnnc.compiler.expected import (
    field_paths,
    keys_by_tag,
    listing,
    resolve,
    schema_at,
    schema_of_field,
    tag_of,
)
from bnnc.compiler.recognition import sigma_of_rho
from bnnc.compiler.text.tree import Json, Path


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about an unknown key; `meant` is the key of its own mapping that it stands for."""

    help: str
    note: str = ""
    meant: str | None = None


def advice_on(key: str, value: Json, allowed: Sequence[str], path: Path, document: Json) -> Advice:
    """What to do about a key that its mapping at `path`, which may have `allowed`, does not have."""
    of_others = _key_of_other_members(key, value, allowed, path, document)
    if of_others is not None:
        return of_others
    meant = meant_path(key, allowed, path)
    if meant is not None and value_at(document, meant) is not None:
        there = f"`{meant[-1]}`" if meant[:-1] == path else f"`{_dotted(meant)}`"
        return Advice(f"delete it: {there} is there, and says it")
    if meant is not None and meant[:-1] == path:
        return Advice(f"did you mean `{meant[-1]}`?", meant=str(meant[-1]))
    if meant is not None and meant[-1] != key:
        return Advice(f"this is said as `{_dotted(meant)}`{_written(meant, value, document)}")
    if meant is not None:
        home = f"in `{_dotted(meant[:-1])}`" if len(meant) > 1 else "at the top"
        return Advice(f"`{key}` belongs {home}{_written(meant, value, document)}")
    other = _of_another_library(key, value)
    if other is not None:
        return other
    if not allowed:
        return Advice("delete it")
    return Advice("delete it, or use one of: " + ", ".join(f"`{one}`" for one in allowed))


def meant_path(key: str, allowed: Sequence[str], path: Path) -> Path | None:
    """The path of the key that was meant by an unknown one, in its own mapping or elsewhere."""
    also = [one for one in _ALSO_CALLED.get(key, ()) if one in allowed]
    if also:
        return (*path, also[0])
    if key in _SAID_AS:
        return _SAID_AS[key]
    home = _home(key)
    # Deep inside a section a key is more likely a word of another library than out of its place.
    if home is not None and home != path and (len(path) < 2 or path[0] == "layers"):
        return (*home, key)
    if _of_another_library(key, None) is not None:
        return None
    parts = [one for one in allowed if one.startswith(f"{key}_") or one.endswith(f"_{key}")]
    close = get_close_matches(key.lower(), allowed, n=1, cutoff=0.6)
    meant = next(iter((*close, *parts)), None)
    return None if meant is None else (*path, meant)


def _home(key: str) -> Path | None:
    """The section that a key belongs in, if only one has it."""
    if key in _HOMES:
        return _HOMES[key]
    homes: set[Path] = _homes_by_key().get(key, set())
    return next(iter(homes)) if len(homes) == 1 else None


@cache
def _homes_by_key() -> dict[str, set[Path]]:
    """The sections, and what lies in them, by the keys that they have; layers are no section."""
    found: dict[str, set[Path]] = {}
    for field in field_paths():
        *around, last = field.split(".")
        # What stands below a union with a tag is the name of a member, and no key.
        if around[:1] == ["layers"] or tag_of(schema_of_field(".".join(around)) or {}):
            continue
        # `output.categorical.classes` stands in the text as `output.classes`.
        home = tuple(
            step
            for place, step in enumerate(around)
            if not tag_of(schema_of_field(".".join(around[:place])) or {})
        )
        found.setdefault(last, set()).add(home)
    return found


def _key_of_other_members(
    key: str, value: Json, allowed: Sequence[str], path: Path, document: Json
) -> Advice | None:
    """Of a key that other layer types, distributions or optimizers have, but not this one."""
    by_tag = keys_by_tag(path, document)
    having = [word for word, keys in by_tag.items() if key in keys]
    this = next((word for word, keys in by_tag.items() if list(keys) == list(allowed)), "")
    if not having or any(one in allowed for one in _ALSO_CALLED.get(key, ())):
        return None
    tag = tag_of(schema_at(path, document) or {})
    here = value_at(document, (*path, tag))
    this = here if isinstance(here, str) and here in by_tag else this
    words = [f"`{word}`" for word in having]
    shown = listing(words if len(words) < 5 else [*words[:3], "others"]).replace(" or ", " and ")
    about = f"`{key}` is a key of {shown}, not of `{this}`" if this else f"`{key}` is of {shown}"
    union = schema_at(path, document) or {}
    members = {
        word: resolve({"$ref": reference})
        for word, reference in union["discriminator"]["mapping"].items()
    }
    if path[0] == "layers":
        for word in having:
            member = members[word]
            if key in member.get("required", ()) and set(member["required"]) <= {tag, key}:
                good = accepts(member["properties"][key], value)
                said: dict[str, Json] = {tag: word, **({key: value} if good else {})}
                own = flow(complete(member, said, document))
                return Advice(f"delete it, or write a layer of its own: `- {own}`", about)
        return Advice("delete it", about)
    meaning = str(members.get(this, {}).get("description", "")).rstrip(".")
    note = (
        f"`{this}`: {meaning[:1].lower()}{meaning[1:]}" if meaning and path == ("output",) else ""
    )
    return Advice(f"delete it, or write `{tag}: {having[0]}`: {about}", note)


def _written(meant: Path, value: Json, document: Json) -> str:
    """What to write at the place that was meant, if the value may stand there."""
    schema = schema_at(meant, document)
    if meant[-1:] == ("parameterization",) and isinstance(value, bool):
        value = "logits" if value else "probs"
    if schema is None and len(meant) > 1:
        members = keys_by_tag(meant[:-1], document)
        word = next((one for one, keys in members.items() if meant[-1] in keys), None)
        schema = schema_of_field(f"{_dotted(meant[:-1])}.{word}.{meant[-1]}")
    if schema is None or not accepts(schema, value):
        return ""
    inner: dict[str, Json] = {str(meant[-1]): value}
    for length in range(len(meant) - 1, -1, -1):
        home = meant[:length]
        if isinstance(value_at(document, home), dict):
            ((key, one),) = inner.items()
            text = entry(key, one)
            if len(text) > 80:
                return ""
            if length == len(meant) - 1:
                return f": write `{text}` there"
            return f": write `{text}`" + (f" in `{_dotted(home)}`" if home else "")
        around = schema_at(home, document)
        inner = {str(home[-1]): complete(around or {}, inner, document)}
    return ""


def value_at(document: Json, path: Path) -> Json:
    """The value at a path of a document; None where it does not go that far."""
    for step in path:
        if isinstance(document, dict) and isinstance(step, str):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


# Keys that several sections have, and the one that people mean when they write it elsewhere.
_HOMES: dict[str, Path] = {
    "learning_rate": ("training", "optimizer"),
    "momentum": ("training", "optimizer"),
    "weight_decay": ("training", "optimizer"),
    "loss": (),
    "kl": ("loss",),
    "weight": ("loss", "kl"),
    "temperature": ("loss", "kl"),
    "prior": ("bayesian",),
    "posterior": ("bayesian",),
    "classes": ("output",),
    "labels": ("output",),
    "distribution": ("output",),
    "parameterization": ("output",),
    "layers": (),
    "name": (),
}
# What other libraries have a word of their own for, and where it is said here.
_SAID_AS: dict[str, Path] = {
    **dict.fromkeys(
        ("kl_weight", "kl_scale", "kl_factor", "complexity_cost_weight"), ("loss", "kl", "weight")
    ),
    **dict.fromkeys(("kl_warmup", "kl_annealing", "annealing_epochs", "kl_warmup_epochs"),
                    ("loss", "kl", "warmup_epochs")),
    **dict.fromkeys(("lr", "base_lr"), ("training", "optimizer", "learning_rate")),
    **dict.fromkeys(("input_shape", "image_shape", "image_size"), ("input", "shape")),
    **dict.fromkeys(
        ("num_classes", "n_classes", "num_labels", "nb_classes"), ("output", "classes")
    ),
    "from_logits": ("output", "parameterization"),
    **dict.fromkeys(("num_epochs", "n_epochs", "max_epochs"), ("training", "epochs")),
    **dict.fromkeys(("random_seed", "random_state"), ("training", "seed")),
    **dict.fromkeys(("mixed_precision", "dtype"), ("training", "precision")),
    **dict.fromkeys(
        ("num_samples", "n_samples", "mc_samples", "num_mc", "num_monte_carlo", "sample_nbr"),
        ("prediction", "samples"),
    ),
    **dict.fromkeys(("dataset", "train_data", "data_path"), ("data", "source")),
    **dict.fromkeys(("prior_scale", "prior_sigma", "prior_std", "prior_stddev", "prior_sigma_1"),
                    ("bayesian", "prior", "scale")),
    **dict.fromkeys(
        ("posterior_scale", "posterior_sigma", "posterior_std", "init_sigma", "initial_sigma"),
        ("bayesian", "posterior", "initial_scale"),
    ),
    **dict.fromkeys(("architecture", "network", "model"), ("layers",)),
}  # fmt: skip
# The same within one mapping.
_ALSO_CALLED = {
    "units": ("filters",),
    "filters": ("units",),
    "out_channels": ("filters",),
    "out_features": ("units",),
    "num_outputs": ("units", "filters"),
    "kernel_size": ("pool_size",),
    "stride": ("strides",),
    "dilation": ("dilation_rate",),
    "p": ("rate",),
    "probability": ("rate",),
    "bias": ("use_bias",),
    "nonlinearity": ("activation",),
    "loc": ("mean",),
    "sigma": ("scale", "initial_scale"),
    "std": ("scale", "initial_scale"),
    "stddev": ("scale", "initial_scale"),
    "prior_scale": ("scale",),
    "prior_sigma": ("scale",),
    "lr": ("learning_rate",),
    "beta1": ("beta_1",),
    "beta2": ("beta_2",),
    "eps": ("epsilon",),
    "num_classes": ("classes",),
    "n_classes": ("classes",),
    "beta": ("temperature",),
    "path": ("source",),
    "folder": ("source",),
    "dataset": ("source",),
    "estimator": ("method",),
    "num_samples": ("samples",),
    "from_logits": ("parameterization",),
}

_FIRST_VALUES = (
    "kernels, and the means of their posteriors, begin as draws of He's normal initializer, biases "
    "at 0"
)
_PRIOR = "a prior has mean 0 on every weight; what it is beside is said in `bayesian.prior`"
_EXACT = "the KL of the posterior from the prior is computed in closed form"
_FOLLOWS = "what goes into a layer follows from the layer before it, and first from `input.shape`"
_DELETE = "delete it"
# Keys that have no counterpart: why, and what there is instead.
_NO_COUNTERPART: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "l1", "l2"),
        (
            "a penalty on the weights is a prior: an L2 penalty is a normal one",
            "write `bayesian: {method: flipout, prior: {distribution: normal, scale: 0.1}}`; or, "
            "without a posterior, `optimizer: {type: adamw, weight_decay: 0.004}`",
        ),
    ),
    **dict.fromkeys(
        ("kernel_initializer", "bias_initializer", "depthwise_initializer", "initializer"),
        (_FIRST_VALUES, "delete it; `training: {seed: 1}` draws others"),
    ),
    **dict.fromkeys(
        ("posterior_mu_init", "posterior_mean", "mu_init", "posterior_mu"), (_FIRST_VALUES, _DELETE)
    ),
    **dict.fromkeys(
        ("kernel_constraint", "bias_constraint"),
        ("weights are not constrained, only held by the prior", _DELETE),
    ),
    **dict.fromkeys(("prior_mu", "prior_mean", "prior_loc"), (_PRIOR, _DELETE)),
    **dict.fromkeys(
        ("kernel_prior_fn", "make_prior_fn", "bias_prior_fn", "kernel_prior_tensor_fn"),
        (_PRIOR, "delete it, and write `prior: {distribution: normal, scale: 1.0}` in `bayesian`"),
    ),
    **dict.fromkeys(
        ("kernel_posterior_fn", "make_posterior_fn", "kernel_posterior_tensor_fn"),
        (
            "what the posterior of the weights is, is said in `bayesian.posterior`",
            "delete it, and write `posterior: {distribution: normal, initial_scale: 0.01}` in "
            "`bayesian`",
        ),
    ),
    **dict.fromkeys(
        ("bias_posterior_fn", "bias_posterior_tensor_fn"), ("biases are deterministic", _DELETE)
    ),
    **dict.fromkeys(
        ("kernel_divergence_fn", "kl_use_exact", "bias_divergence_fn"),
        (_EXACT, "delete it, and write `kl: {weight: per_example}` in `loss`"),
    ),
    **dict.fromkeys(
        ("in_channels", "in_features", "input_dim", "input_size"), (_FOLLOWS, _DELETE)
    ),
    **dict.fromkeys(
        ("batch_input_shape", "batch_shape"),
        (_FOLLOWS, "delete it, and write `input: {shape: [28, 28, 1]}` without the batch"),
    ),
    "data_format": ("images are [height, width, channels], Keras's `channels_last`", _DELETE),
    "trainable": ("every layer is trained", _DELETE),
    "reduction": ("the loss is the mean over a batch", _DELETE),
    "shuffle": ("rows are shuffled anew in every epoch, by `training.seed`", _DELETE),
    "verbose": ("progress goes to standard error, a bar on a terminal", _DELETE),
    "metrics": (
        "accuracy, likelihood, Brier score and calibration are measured whatever the spec says",
        "delete it; `bnnc evaluate RUN` prints them",
    ),
    **dict.fromkeys(
        ("callbacks", "early_stopping", "patience"),
        (
            "a spec says what is built and learned, not what is done on the way",
            "delete it; in Python, `program.fit(callbacks=[...])` takes Keras's callbacks",
        ),
    ),
    **dict.fromkeys(
        ("device", "devices", "gpu", "gpus", "num_gpus", "strategy"),
        ("the machine's accelerators are all used, without being named in a spec", _DELETE),
    ),
}  # fmt: skip
_RHO = frozenset(
    {"rho", "posterior_rho", "posterior_rho_init", "rho_init", "prior_rho", "initial_rho"}
)


def _of_another_library(key: str, value: Json) -> Advice | None:
    """The advice on a key that other libraries have, and this language says otherwise."""
    if key in _RHO:
        section, name = ("prior", "scale") if "prior" in key else ("posterior", "initial_scale")
        note = "sigma is said as itself, a standard deviation, never as the rho before a softplus"
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        sigma = short(sigma_of_rho(value)) if is_number else "0.01"  # type: ignore[arg-type]
        because = f": softplus({short(value)}) is {sigma}" if is_number else ""  # type: ignore[arg-type]
        return Advice(f"write `{name}: {sigma}` in `bayesian.{section}`{because}", note)
    if key in _NO_COUNTERPART:
        note, help = _NO_COUNTERPART[key]
        return Advice(help, note)
    return None
