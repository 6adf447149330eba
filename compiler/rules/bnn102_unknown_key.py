"""BNN102."""

from collections.abc import Sequence
from difflib import get_close_matches

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.edits import replace
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Path


@finding("BNN102")
def unknown_key(
    report: Report,
    span: Span,
    key: str,
    allowed: list[str],
    path: Path,
    said_over: Span | None = None,
    removing: Edit | None = None,
) -> Diagnostic:
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

    A key that comes from a file that the spec extends, and means nothing beside what the spec says
    over it, is removed by `key: null`.
    """
    meant = meant_path(key, allowed, path)
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    if meant is not None and meant[:-1] == path:
        help = f"did you mean `{meant[-1]}`?"
        fixes = (Fix(f"write `{meant[-1]}`", (replace(span, str(meant[-1])),), safe=False),)
    elif meant is not None and meant[-1] != key:
        help = f"this is said as `{'.'.join(map(str, meant))}`"
    elif meant is not None:
        home = ".".join(map(str, meant[:-1]))
        help = f"`{key}` belongs in `{home}`" if home else f"`{key}` belongs at the top"
    elif allowed:
        help = "delete it, or use one of: " + ", ".join(f"`{one}`" for one in allowed)
    else:
        help = "delete it"
    helps: tuple[str, ...] = (help,)
    related: tuple[Label, ...] = ()
    if said_over is not None and removing is not None:
        # Right where it stands, mostly, and wrong beside what another file says.
        over = said_over.source.name
        removal = f"`{key}: null` in {over}"
        helps = (
            f"write {removal}, which counts over this file",
            help.removeprefix("delete it, or "),
        )
        fixes = (Fix(f"write {removal}", (removing,), safe=False),)
        related = (Label(said_over, "said over it here"),)
    if not path:
        notes = ("keys that begin with `x-` may hold anchors and notes of your own",)
    return report(
        span,
        f"unknown key {quoted(key)} {_where(path)}",
        label="not a key of the language",
        related=related,
        notes=notes,
        help=helps,
        fixes=fixes,
    )


def meant_path(key: str, allowed: Sequence[str], path: Path) -> Path | None:
    """The path of the key that was meant by an unknown one, in its own mapping or elsewhere.

    `allowed` are the keys of the mapping, `path` is where it stands.
    """
    said_as = _SAID_AS.get(key)
    if said_as is not None:
        return said_as
    home = _HOMES.get(key)
    # Deep inside a section a key is more likely a word of another library than out of its place.
    if home is not None and home != path and (len(path) < 2 or path[0] == "layers"):
        return (*home, key)
    also = [one for one in _ALSO_CALLED.get(key, ()) if one in allowed]
    parts = [one for one in allowed if one.startswith(f"{key}_") or one.endswith(f"_{key}")]
    close = get_close_matches(key.lower(), allowed, n=1, cutoff=0.6)
    meant = next(iter((*also, *close, *parts)), None)
    return None if meant is None else (*path, meant)


# Keys that people write at the wrong level, and the section that has them.
_HOMES: dict[str, Path] = {
    "batch_size": ("training",),
    "epochs": ("training",),
    "optimizer": ("training",),
    "learning_rate": ("training", "optimizer"),
    "momentum": ("training", "optimizer"),
    "weight_decay": ("training", "optimizer"),
    "seed": ("training",),
    "precision": ("training",),
    "loss": (),
    "kl": ("loss",),
    "weight": ("loss", "kl"),
    "warmup_epochs": ("loss", "kl"),
    "temperature": ("loss", "kl"),
    "prior": ("bayesian",),
    "posterior": ("bayesian",),
    "method": ("bayesian",),
    "initial_scale": ("bayesian", "posterior"),
    "classes": ("output",),
    "labels": ("output",),
    "parameterization": ("output",),
    "distribution": ("output",),
    "samples": ("prediction",),
    "shape": ("input",),
    "value_range": ("input",),
    "mean": ("input",),
    "std": ("input",),
    "source": ("data",),
    "validation_split": ("data",),
}
# What other libraries have a word of their own for, and where it is said here.
_SAID_AS: dict[str, Path] = {
    "kl_weight": ("loss", "kl", "weight"),
    "lr": ("training", "optimizer", "learning_rate"),
    "input_shape": ("input", "shape"),
    "num_classes": ("output", "classes"),
    "n_classes": ("output", "classes"),
    "from_logits": ("output", "parameterization"),
}
# The same within one mapping.
_ALSO_CALLED = {
    "units": ("filters",),
    "filters": ("units",),
    "out_channels": ("filters",),
    "out_features": ("units",),
    "stride": ("strides",),
    "p": ("rate",),
    "bias": ("use_bias",),
    "sigma": ("scale", "initial_scale"),
    "std": ("scale", "initial_scale"),
    "stddev": ("scale", "initial_scale"),
}


def _where(path: Path) -> str:
    if not path:
        return "at the top of the spec"
    if path[0] == "layers" and len(path) == 2:
        return f"in layer {int(path[1]) + 1}"
    return f"in `{path[-1]}`"
