"""BNN102."""

from difflib import get_close_matches

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Path


@finding("BNN102")
def unknown_key(report: Report, span: Span, key: str, allowed: list[str], path: Path) -> Diagnostic:
    """A key that the language does not have.

    ## What it does
    Finds keys that mean nothing where they stand.

    ## Why it is bad
    A key that is passed over is a setting that its author believes in and the model does not
    have. A misspelt `initial_scale` would leave the default in place and say nothing.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel: 5}
      - {type: flatten}
      - {type: dense, units: 10, activaton: linear}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    batch_size: 32
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5}
      - {type: flatten}
      - {type: dense, units: 10, activation: linear}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {batch_size: 32}
    ```
    """
    where = _where(path)
    close = get_close_matches(key, allowed, n=1, cutoff=0.6)
    if not close:
        close = [one for one in allowed if one.startswith(f"{key}_") or one.endswith(f"_{key}")][:1]
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    home = _HOMES.get(key)
    if close:
        help = f"did you mean `{close[0]}`?"
        fixes = (Fix(f"write `{close[0]}`", (Edit(span, close[0]),), safe=False),)
    elif home is not None and home not in {".".join(str(step) for step in path)}:
        help = f"`{key}` belongs in `{home}`"
    elif allowed:
        help = "delete it, or use one of: " + ", ".join(f"`{one}`" for one in allowed)
    else:
        help = "delete it"
    if not path:
        notes = ("keys that begin with `x-` may hold anchors and notes of your own",)
    return report(
        span,
        f"unknown key `{_cropped(key)}` {where}",
        label="not a key of the language",
        notes=notes,
        help=(help,),
        fixes=fixes,
    )


# Keys that people write at the wrong level, and the section that has them.
_HOMES = {
    "batch_size": "training",
    "epochs": "training",
    "optimizer": "training",
    "learning_rate": "training.optimizer",
    "seed": "training",
    "precision": "training",
    "kl": "loss",
    "kl_weight": "loss.kl.weight",
    "weight": "loss.kl",
    "warmup_epochs": "loss.kl",
    "temperature": "loss.kl",
    "prior": "bayesian",
    "posterior": "bayesian",
    "method": "bayesian",
    "initial_scale": "bayesian.posterior",
    "classes": "output",
    "labels": "output",
    "parameterization": "output",
    "distribution": "output",
    "samples": "prediction",
    "shape": "input",
    "value_range": "input",
    "mean": "input",
    "std": "input",
    "source": "data",
    "validation_split": "data",
}


def _where(path: Path) -> str:
    if not path:
        return "at the top of the spec"
    if path[0] == "layers" and len(path) == 2:
        return f"in layer {int(path[1]) + 1}"
    return f"in `{path[-1]}`"


def _cropped(key: str) -> str:
    return key if len(key) <= 60 else key[:57] + "..."
