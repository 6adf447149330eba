"""BNN103."""

from dataclasses import dataclass

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import describe_layer, is_layer
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Path


@dataclass(frozen=True, slots=True)
class Missing:
    """A missing key: its type, the words that it may have, and its meaning."""

    key: str
    expected: str
    choices: tuple[str, ...]
    about: str
    example: Json


@finding("BNN103")
def missing_key(report: Report, span: Span, missing: tuple[Missing, ...], path: Path) -> Diagnostic:
    """The spec lacks a key that has no default.

    ## What it does
    Reports sections and layers that lack a key without a default. All missing keys of one mapping
    are one finding.

    ## Why it is bad
    These keys have no default because no value is right for most models. A guess would be a choice
    that nobody sees.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 6, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    if not path:
        where = "the spec"
    elif is_layer(path):
        where = describe_layer(path)
    else:
        where = f"`{path[-1]}`"
    keys = [f"`{one.key}`" for one in missing]
    listed = " and ".join(filter(None, (", ".join(keys[:-1]), keys[-1])))
    help = [_add(one) for one in missing]
    if not path and len(missing) > 2:
        help.append("or start with a complete spec: `bnnc init` writes one")
    return report(
        span,
        f"{where} has no {listed}",
        label=f"{listed} {'is' if len(missing) == 1 else 'are'} missing",
        notes=(missing[0].about,) if len(missing) == 1 and missing[0].about else (),
        help=tuple(help),
    )


def _add(missing: Missing) -> str:
    """Say what to add, and the other allowed words."""
    from bnnc.compiler.language.examples import entry

    if missing.key == "bnnc":
        return f"add `{entry('bnnc', missing.example)}` as the first line"
    added = f"add `{entry(missing.key, missing.example)}`"
    if len(missing.choices) == 1 or isinstance(missing.example, dict | list):
        return added
    others = [f"`{one}`" for one in missing.choices if one != missing.example]
    if missing.example == "loc" and missing.choices == ("loc", "loc_and_unconstrained_scale"):
        added = f"{added} with `scale: learned`"  # a location without a scale is not a distribution
    if others:
        return f"{added}, or {'one of ' * (len(others) > 1)}{', '.join(others)}"
    if missing.expected.startswith("a name"):
        return f"{added}, or another name"
    return f"{added}: it must be {missing.expected}" if missing.expected else added
