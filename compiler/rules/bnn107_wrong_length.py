"""BNN107."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Path


@finding("BNN107")
def wrong_length(
    report: Report, span: Span, path: Path, expected: str, length: int, about: str
) -> Diagnostic:
    """A list or text with too few or too many parts.

    ## What it does
    Finds lists that do not have as many items as the language expects, and empty or very long
    text.

    ## Why it is bad
    An image has a height, a width and channels. With one of them missing, any reading is a
    guess: `[28, 28]` may be one channel, or a height and channels of a signal.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    help = _HELP.get(path)
    return report(
        span,
        f"`{path[-1]}` must be {_WORDED.get(path, expected)}",
        label=f"this has {length}" if length else "this is empty",
        notes=(about,) if about and not help else (),
        help=(help,) if help else (),
    )


_WORDED: dict[Path, str] = {
    ("input", "shape"): "a list of 3 numbers: [height, width, channels]",
    ("input", "value_range"): "a list of 2 numbers: [lowest, highest]",
    ("layers",): "a list of one or more layers",
    ("description",): "at most 10,000 characters",
    ("data", "source"): "the name of a data source or a path",
}
_HELP: dict[Path, str] = {
    ("input", "shape"): "grayscale images have one channel: [28, 28, 1]",
    ("layers",): "the last layer gives the distribution's parameters, so there is at least one",
}
