"""BNN103."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Path


@finding("BNN103")
def missing_key(
    report: Report,
    span: Span,
    key: str | int,
    path: Path,
    expected: str,
    choices: list[str],
    about: str,
) -> Diagnostic:
    """A key without which the spec is not complete.

    ## What it does
    Finds sections and layers that lack a key which has no default.

    ## Why it is bad
    Where there is no default there is no value that would be right for most models: a guess
    would be a silent choice.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, classes: 10, labels: integer}
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
    if not path:
        where = "the spec"
    elif path[0] == "layers" and len(path) == 2:
        where = f"layer {int(path[1]) + 1}"
    else:
        where = f"`{path[-1]}`"
    wanted = "one of " + ", ".join(f"`{choice}`" for choice in choices) if choices else expected
    return report(
        span,
        f"{where} has no `{key}`",
        label=f"`{key}` is missing",
        notes=(about,) if about else (),
        help=(f"add `{key}:`, {wanted}",),
    )
