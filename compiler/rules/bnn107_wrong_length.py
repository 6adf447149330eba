"""BNN107."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Path


@finding("BNN107")
def wrong_length(
    report: Report, span: Span, path: Path, expected: str, value: Json, about: str
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
    length = len(value) if isinstance(value, list | str) else 0
    help = _shape_meant(value) if path == ("input", "shape") else _HELP.get(path)
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
    ("input", "value_range"): "write `value_range: [0, 255]` for pixels of 8 bits",
    ("layers",): "write at least `- {type: flatten}` and `- {type: dense, units: 10}`: the last "
    "layer gives the distribution's parameters",
    ("data", "source"): "write `source: digits`, another named source, or a path",
}


def _shape_meant(value: Json) -> str:
    """What to write for a shape without its channels, or with the batch in it."""
    sizes = value if isinstance(value, list) else []
    if len(sizes) == 2:
        gray = ", ".join(str(size) for size in sizes)
        return f"write `shape: [{gray}, 1]` for grayscale images, `shape: [{gray}, 3]` for colour"
    if len(sizes) == 4:
        image = ", ".join(str(size) for size in sizes[1:])
        return f"write `shape: [{image}]`, the shape of one image, without the batch"
    return "write `shape: [28, 28, 1]`: a grayscale image has one channel"
