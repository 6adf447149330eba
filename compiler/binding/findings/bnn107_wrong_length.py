"""BNN107."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Path


@finding("BNN107")
def wrong_length(
    report: Report, span: Span, path: Path, expected: str, value: Json, about: str
) -> Diagnostic:
    """A list or a text has too few or too many parts.

    ## What it does
    Reports lists with a wrong number of items, and text that is empty or very long.

    ## Why it is bad
    The number of sizes defines the kind of example: one size is a row of a table with [features],
    two are a series of [steps, channels], three an image of [height, width, channels], four a volume.
    The batch is not part of an example.

    ## Example
    ```yaml
    input: {shape: [32, 16, 28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [16, 28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    length = len(value) if isinstance(value, list | str) else 0
    help = _shape_meant(value) if path == ("input", "shape") else _HELP.get(path)
    return report(
        span,
        f"{_subject(path)} must be {_WORDED.get(path, expected)}",
        label=f"this has {length}" if length else "this is empty",
        notes=(about,) if about and not help else (),
        help=(help,) if help else (),
    )


def _subject(path: Path) -> str:
    """The field, or each of the lists in it."""
    words = [step for step in path if isinstance(step, str)]
    return f"`{path[-1]}`" if isinstance(path[-1], str) else f"each item of `{words[-1]}`"


_WORDED: dict[Path, str] = {
    ("input", "shape"): (
        "a list of 3 numbers for an image, [height, width, channels], 2 for a series, 4 for a "
        "volume, 1 for a row of features"
    ),
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
    """What to write for a shape that is empty, or with the batch in it."""
    sizes = value if isinstance(value, list) else []
    if len(sizes) == 5:
        volume = ", ".join(str(size) for size in sizes[1:])
        return f"write `shape: [{volume}]`, the shape of one example, without the batch"
    return (
        "write a shape such as `shape: [28, 28, 1]` (a grayscale image has one channel), or "
        "`shape: [13]` for rows of 13 features"
    )
