"""Convert values that another library has in another unit or form."""

from __future__ import annotations

import math

from bnnc.compiler.language.examples import accepts, entry, short
from bnnc.compiler.language.layer_suggestions import is_number
from bnnc.compiler.language.member_suggestions import value_meant
from bnnc.compiler.language.schema_queries import schema_at, schema_of_field
from bnnc.compiler.language.suggestions import sigma_of_rho
from bnnc.compiler.language.synonyms import SAID_AS
from bnnc.compiler.text.tree import Json, Path

# edward2's names; of a random-feature Gaussian process.
_KERNEL_SCALES = frozenset({"gp_kernel_scale", "kernel_scale", "gp_scale"})
_RIDGES = frozenset({"gp_cov_ridge_penalty", "ridge_penalty", "gp_ridge_penalty"})


def converted(key: str, value: Json, meant: Path, document: Json) -> tuple[Json, str]:
    """The value of a key as the one that was meant has it, and how it comes of what was written."""
    if meant[-1:] == ("parameterization",) and isinstance(value, bool):
        return "logits" if value else "probs", ""
    if is_number(value) and value > 0:  # type: ignore[operator]  # a number
        of, number = short(value), float(value)  # type: ignore[arg-type]
        if key in _KERNEL_SCALES:
            return float(short(math.sqrt(number))), f"the square root of {of}"
        if key in _RIDGES:
            return float(short(1 / math.sqrt(number))), f"1 / √{of}"
        if key == "pos_weight":
            return [1, value], "the weights of 0 and of 1"
    schema = schema_at(meant, document)
    if schema is not None and not accepts(schema, value):
        other = value_meant(schema, value)
        return (value, "") if other is None else (other, "")
    return value, ""


def beta_meant(value: Json) -> str:
    """What to write for the weight of the KL that a Bayes-by-backprop loop calls its beta."""
    if is_number(value) and 0 < value <= 100:  # type: ignore[operator]  # a number
        of = entry("temperature", value)
        return (
            f"write `loss: {{kl: {{weight: per_example, {of}}}}}`: a beta with a loss that is "
            "summed over the rows is a temperature"
        )
    if isinstance(value, str) and value.lower() in {"soenderby", "sonderby"}:
        return (
            "write `loss: {kl: {weight: per_example, warmup_epochs: 3}}`: with this beta the weight "
            "rises over a quarter of the epochs"
        )
    return (
        "write `loss: {kl: {weight: per_example}}`, which divides the KL by the number of training "
        f"rows: `{value}` divides it by the number of batches"
    )


def priors_meant(value: Json) -> str | None:
    """What to write for a mapping of first values and priors, as BayesianCNN has it."""
    if not isinstance(value, dict):
        return None
    prior: dict[str, Json] = {}
    posterior: dict[str, Json] = {}
    left: list[str] = []
    for key, one in value.items():
        number = one[0] if isinstance(one, list) and one else one
        path = SAID_AS.get(key, ())
        schema = schema_of_field(".".join(map(str, path))) if path else None
        if "rho" in key and is_number(number) and abs(number) < 100:  # type: ignore[arg-type]
            posterior["initial_scale"] = float(short(sigma_of_rho(number)))  # type: ignore[arg-type]
        elif path[:2] == ("bayesian", "prior") and schema and accepts(schema, number):
            prior[str(path[2])] = number
        else:
            left.append(f"`{entry(key, one)}`")
    if not prior and not posterior:
        return None
    inside = {name: one for name, one in (("prior", prior), ("posterior", posterior)) if one}
    written = ", ".join(f"`{entry(name, one)}`" for name, one in inside.items())
    beyond = (
        f"; bnnc has no key for {', '.join(left)}: means start as draws of He's normal"
        if left
        else ""
    )
    return f"write {written} in `bayesian`{beyond}"


def several_meant(key: str, value: Json) -> tuple[str, tuple[str, Json] | None]:
    """What to do about `inputs` or `outputs`, and the entry to write if it is certain."""
    from bnnc.compiler.language.value_suggestions import several

    name = key.removesuffix("s")
    known = set(_keys_of(name))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return f"write `{entry(name, value[0])}`", (name, value[0])
    if isinstance(value, list) and value:
        return several(name, value[0]), None
    if isinstance(value, dict) and value and not known & set(value):
        first = next(iter(value.values()))
        if len(value) == 1:
            return f"write `{entry(name, first)}`", (name, first)
        return several(name, first), None
    return "", None


def _keys_of(section: str) -> list[str]:
    """The keys that a section may have, of whatever kind."""
    from bnnc.compiler.language.schema_queries import field_paths

    return [path.rpartition(".")[2] for path in field_paths() if path.startswith(f"{section}.")]
