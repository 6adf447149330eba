"""Write what the rows of the data show into a spec: shape, values, standardisation, classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bnnc.compiler.analysis.data_survey import numbers_text, range_text
from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.diagnostics.edits import set_value
from bnnc.compiler.language.examples import flow
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Json, Mapping, Path, find, to_json
from bnnc.specs.class_names import number_of
from bnnc.specs.input import Input
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.sources import SOURCES
from bnnc.specs.survey import Survey

# The least share of the range that the values of a data set cover, as in BNN264.
_SMALLEST_SHARE = 0.1
# More names are a file, and no line of a spec.
_MOST_NAMES = 100
_LEAST_STD = 0.001  # of the language


@dataclass(frozen=True, slots=True)
class Value:
    """A value to write at a path of a spec, as text."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.text}"


@dataclass(frozen=True, slots=True)
class Written:
    """A spec with the values of its data.

    Attributes:
        source: the new text.
        report: what is found in it, without a look at the data's rows.
        values: what was written, in order.
        elsewhere: what would have to be written into a file that the spec extends.
    """

    source: Source
    report: Report
    values: tuple[Value, ...]
    elsewhere: tuple[Value, ...]


def write_values(report: Report, again: Callable[[Source], Report]) -> Written:
    """The spec of a report with the values that its survey shows; comments and layout stay.

    Args:
        report: the report on a spec whose data has a survey.
        again: checks a text.
    """
    assert report.survey is not None
    assert report.tree is not None
    written, elsewhere = [], []
    for value in list(_values(report.tree, report.survey)):
        assert report.tree is not None
        edit = set_value(report.tree, value.path, value.text)
        if edit.span.source != report.source:
            elsewhere.append(value)
            continue
        text = apply(report.source.text, [edit])
        if text != report.source.text:
            report = again(replace(report.source, text=text))
            written.append(value)
    return Written(report.source, report, tuple(written), tuple(elsewhere))


def _values(tree: Mapping, survey: Survey) -> Iterator[Value]:
    def said(*path: str) -> Json:
        node = find(tree, path)
        return None if node is None else to_json(node)

    in_json = tree.span.text.lstrip().startswith("{") and '"' in tree.span.text
    if survey.shape is not None and said("input", "shape") != list(survey.shape):
        yield Value(("input", "shape"), numbers_text(survey.shape))
    if not survey.columns:
        yield from _of_images(said, survey)
    if survey.label_counts is None:
        return
    names, listed = survey.class_names, said("data", "classes")
    size = len(names or next(iter(survey.label_counts.values())))
    classes = said("output", "classes")
    if _is_over_classes(said("output")) and (classes is None or (names and classes != size)):
        yield Value(("output", "classes"), str(size))
    if names is None or survey.name in SOURCES or len(names) > _MOST_NAMES:
        return
    if listed is None and all(number_of(name) is not None for name in names):
        return  # in the order of their numbers
    if not isinstance(listed, list) or set(listed) != set(names):
        yield Value(("data", "classes"), flow(list(names), quotes=in_json))


def _of_images(said: Callable[..., Json], survey: Survey) -> Iterator[Value]:
    """The range of the values, and their standardisation; a table has its own from each training."""
    value_range = _said_range(said("input", "value_range"), survey)
    if said("input", "value_range") != list(value_range):
        yield Value(("input", "value_range"), range_text(*value_range))
    mean, std = survey.standardisation(value_range)
    layers = said("layers")
    # A backbone standardises its images itself.
    has_backbone = isinstance(layers, list) and any(
        isinstance(one, dict) and one.get("type") == "backbone" for one in layers
    )
    if min(std) >= _LEAST_STD and not has_backbone:
        yield Value(("input", "mean"), numbers_text(mean))
        yield Value(("input", "std"), numbers_text(std))


def _said_range(said: Json, survey: Survey) -> tuple[float, float]:
    """The range of the spec, or its default, where the data fits it; otherwise that of the data."""
    own = survey.value_range
    default = Input.model_fields["value_range"].default
    pair = said if isinstance(said, list) and len(said) == 2 else list(default)
    if own is None or survey.values is None:
        return float(default[0]), float(default[1])
    if survey.name in SOURCES or not all(isinstance(one, int | float) for one in pair):
        return own
    low, high = float(pair[0]), float(pair[1])  # type: ignore[arg-type]
    first, last = survey.values
    fits = low <= first and last <= high and last - first >= _SMALLEST_SHARE * (high - low)
    return (low, high) if fits else own


def _is_over_classes(output: Json) -> bool:
    """Whether the `output` section chooses from a number of classes that it says."""
    if not isinstance(output, dict):
        return False
    section = OUTPUTS.get(str(output.get("distribution")))
    return section is not None and "classes" in section.model_fields
