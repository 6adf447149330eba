"""A typed view of a spec for the rules, perhaps partial, with a span for each part.

When a spec has errors, pydantic gives no spec at all. The view still holds every section, field and
layer that is right by itself, so that all findings are reported at once. A rule names the paths
that it needs, and is asked only when none of them is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from functools import cached_property
from math import ceil
from typing import Any

from bnnc.compiler.analysis.data_facts import Found, find_data
from bnnc.compiler.analysis.output_branches import OutputBranch
from bnnc.compiler.analysis.output_branches import output_branches as find_output_branches
from bnnc.compiler.analysis.shapes import ShapeTrace, trace
from bnnc.compiler.diagnostics.diagnostic import Fix
from bnnc.compiler.diagnostics.edits import delete_entry, set_value
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Mapping, Path, find, find_entry
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.calibration import Calibration
from bnnc.specs.data import READING_KEYS, Data, Prediction
from bnnc.specs.ensemble import Ensemble
from bnnc.specs.evaluation import Evaluation
from bnnc.specs.input import Input
from bnnc.specs.layers import LayerSection, Shape
from bnnc.specs.layers.activation import Activation
from bnnc.specs.layers.block import Merge
from bnnc.specs.loss import Loss
from bnnc.specs.methods import METHODS, Method
from bnnc.specs.outputs import OutputSection
from bnnc.specs.outputs.over_classes import OverClasses
from bnnc.specs.placement import (
    MAX_PLACED,
    Placed,
)
from bnnc.specs.selection import bayesian_sections
from bnnc.specs.sources import DataFacts
from bnnc.specs.survey import Survey
from bnnc.specs.training import Training


class View:
    """A spec as far as it is right. Attributes of broken parts are absent: name them in `needs`.

    A rule walks all layers in order, in whatever blocks: `for placed in view.layers: ...`, and names
    places as `view.span_of(*placed.path, "rate")`, never by an index. A section is None where the
    text has errors; a rule that needs `layers` may take `placed.layer`. With shapes, it walks
    `view.shapes.steps`. Findings of one rule at one place are shown once.
    """

    input: Input
    layers: tuple[Placed, ...]
    written_layers: tuple[tuple[Path, LayerSection | None], ...]  # blocks too, each of them once
    layers_written_out: int  # layers and blocks, each as often as it is repeated
    bayesian: Bayesian
    output: OutputSection
    loss: Loss
    training: Training
    ensemble: Ensemble | None
    prediction: Prediction
    calibration: Calibration | None
    evaluation: Evaluation | None
    data: Data | None
    survey: Survey  # absent unless every row was looked at: a rule names it in `needs`

    def __init__(self, tree: Mapping, broken: frozenset[Path], sections: dict[str, Any]) -> None:
        self.tree = tree
        self.layers = ()
        self.written_layers = ()
        self.layers_written_out = 0
        self.broken = broken
        self._touched = with_parents(broken)
        for name, section in sections.items():
            setattr(self, name, section)

    def has(self, need: str) -> bool:
        """Whether a path such as `output.labels`, or `output_activation`, is free of errors."""
        if need == "output_activation":
            return self._output_activation_is_known
        path = tuple(need.split("."))
        if not hasattr(self, path[0]):
            return False  # a section of which not even the kind is known
        inside = path in self._touched
        return not inside and not any(path[:length] in self.broken for length in range(len(path)))

    def is_explicit(self, *path: str | int) -> bool:
        """Whether the text says it, rather than a default."""
        return find(self.tree, path) is not None

    def span_of(self, *path: str | int) -> Span:
        """The entry `key: value` or the item at a path, or the nearest written one around it."""
        entry = find_entry(self.tree, path)
        if entry is not None:
            return entry.span
        if path and isinstance(path[-1], int):
            node = find(self.tree, path)
            if node is not None:
                return node.span
        for length in range(len(path) - 1, 0, -1):
            around = find_entry(self.tree, path[:length])
            if around is not None:
                return around.key_span
        return self.tree.first_place

    def value_span(self, *path: str | int) -> Span:
        """The value at a path alone, without its key; the nearest written place if there is none."""
        node = find(self.tree, path)
        return self.span_of(*path) if node is None else node.span

    @property
    def methods(self) -> Iterator[tuple[Method, Path]]:
        """The methods that the spec names, with their paths: the section's, then the layers' own.

        It needs `bayesian.method`; layers with errors are passed over.
        """
        yield self.bayesian.applied_method, ("bayesian", "method")
        for one in self.layers:
            own = None if one.section is None else one.section.own_bayesian
            if own is not None and own.method is not None:
                yield METHODS[own.method], (*one.path, "bayesian", "method")

    def path_of_method(self, is_meant: Callable[[Method], bool]) -> Path | None:
        """Path of the first method that is meant, among those that the spec names."""
        return next((path for method, path in self.methods if is_meant(method)), None)

    @property
    def path_of_kl(self) -> Path | None:
        """Path of the method that gives the loss its KL; None if none does."""
        return self.path_of_method(lambda one: one.has_kl)

    @property
    def path_of_posterior(self) -> Path | None:
        """Path of the method that puts a posterior on kernels; None if none does."""
        return self.path_of_method(lambda one: one.posterior_of_kernel)

    @property
    def path_of_noise(self) -> Path | None:
        """Path of the method whose every draw is another one; None if none is."""
        return self.path_of_method(lambda one: one.has_noise)

    @property
    def is_deterministic(self) -> bool:
        """Whether the spec names no method at all, in the section or in a layer."""
        return self.path_of_method(lambda one: one.name != "none") is None

    @cached_property
    def bayesian_sections(self) -> dict[int, Bayesian]:
        """The section that applies to each Bayesian layer; needs `layers` and `bayesian`."""
        return bayesian_sections(self.bayesian, self.layers)

    def bayesian_path(self, placed: Placed, *keys: str) -> Path:
        """Where a field is said that holds for a layer: there, or in the `bayesian` section."""
        own = placed.layer.own_bayesian
        if own is not None and keys[0] in own.explicit_fields:
            return (*placed.path, "bayesian", *keys)
        return ("bayesian", *keys)

    def fix_set(self, description: str, *changes: tuple[Path, str], safe: bool = False) -> Fix:
        """A fix that writes values at paths, as in `(("loss", "type"), "...")`."""
        edits = tuple(set_value(self.tree, path, text) for path, text in changes)
        return Fix(description, edits, safe)

    def fix_delete(self, *path: str | int, safe: bool = False) -> Fix:
        """A fix that deletes the entry at a path."""
        return Fix(f"delete `{path[-1]}`", (delete_entry(self.tree, path),), safe)

    def fix_delete_output_activation(self) -> Fix:
        """The fix that does what `text_without_output_activation` says; it changes the model."""
        activation, path = self.output_activation
        if isinstance(self.output_layer.section, Activation):
            return self.fix_set("make the activation linear", (path, "linear"))
        edit = delete_entry(self.tree, path)
        return Fix(f"delete `activation: {activation}`", (edit,), safe=False)

    @cached_property
    def found(self) -> Found:
        """Data found at the spec's source; set if the data is known better."""
        keys = ("source", *READING_KEYS)
        if not all(self.has(f"data.{key}") for key in keys) or self.data is None:
            return Found()  # it cannot be read as the spec means
        split = self.data.validation_split if self.has("data.validation_split") else 0.0
        classes = self.data.classes if self.has("data.classes") else None
        folder = self.value_span("data", "source").source.folder
        reading = self.data.reading(
            self.output.labels if self.has("output.labels") else None,
            len(self.input.shape) if self.has("input.shape") else None,
        )
        return find_data(self.data.source, folder, split, classes, reading)

    @property
    def facts(self) -> DataFacts | None:
        """Facts about the training data; None if nothing is known."""
        return self.found.facts

    @property
    def rows(self) -> int | None:
        """Rows trained on, where they are known."""
        known = self.facts if self.has("data.validation_split") else None
        return None if known is None else known.rows or None

    @property
    def steps_per_epoch(self) -> int | None:
        """Batches of an epoch where the rows are known; needs `training.batch_size`."""
        return None if self.rows is None else ceil(self.rows / self.training.batch_size)

    @cached_property
    def shapes(self) -> ShapeTrace:
        """Shapes along the layers, as far as the layers are right; needs `input.shape`."""
        return self.shapes_of(self.input.shape)

    def shapes_of(self, shape: Shape) -> ShapeTrace:
        """Shapes along the layers, if the images had this one."""
        if self.layers_written_out > MAX_PLACED:  # they are not all there
            return ShapeTrace((), None, None)
        return trace(self.layers, shape)

    @property
    def smooths_labels(self) -> bool:
        """Whether the spec says to smooth the labels; not where it says so with an error."""
        return self.has("loss.label_smoothing") and self.loss.label_smoothing > 0

    @property
    def text_without_output_activation(self) -> str:
        """Help text: how to get the numbers before that activation."""
        activation, _ = self.output_activation
        if isinstance(self.output_layer.section, Activation) and not self.output_layer.made:
            return f"delete the layer `activation: {activation}`"
        return f"delete `activation: {activation}`"

    def text_with_output_activation(self, activation: str) -> str:
        """Help text: how to add an activation."""
        if isinstance(self.output_layer.section, Merge):
            return f"put `- {{type: activation, activation: {activation}}}` after the last layer"
        return f"write `activation: {activation}` on the last layer"

    @property
    def _output_activation_is_known(self) -> bool:
        return bool(self.layers) and all(one.is_known for one in self.output_branches)

    @cached_property
    def output_branches(self) -> tuple[OutputBranch, ...]:
        """The parts that the output's numbers are put together from: one, but for branches that are
        concatenated. A layer with errors may stand where the search goes.
        """
        return find_output_branches(self.layers, self.layers[-1])

    @cached_property
    def output_branch(self) -> OutputBranch:
        """The part that a rule is asked about; see `each_output_branch`."""
        return self.output_branches[0]

    @property
    def each_output_branch(self) -> Iterator[View]:
        """The view, with each part of the output's numbers in turn as `ending`."""
        yield self
        for one in self.output_branches[1:]:
            other = copy(self)
            other.output_branch = one
            yield other

    @property
    def shares_of_several_branches(self) -> bool:
        """Whether branches that end side by side give the probabilities of exclusive classes.

        It needs `output_activation` and `output.parameterization`; one class alone is a yes or no.
        """
        output = self.output
        several = len(self.output_branches) > 1 and isinstance(output, OverClasses)
        return several and output.numbers == "probs"

    @property
    def output_activation(self) -> tuple[str, Path]:
        """Activation that the last layer's numbers come out of, and the path that says it.

        Of several parts that the numbers are put together from, the one that the rule is asked
        about: a rule that names this path in `needs` is asked about each of them. It is `linear`
        with the last layer's path where there is none, and `endings.SUM` of a sum that cannot be
        any number.
        """
        return self.output_branch.activation, self.output_branch.path

    @property
    def output_layer(self) -> Placed:
        """The layer where the search for `output_activation` ends."""
        return self.output_branch.placed


def with_parents(paths: frozenset[Path]) -> frozenset[Path]:
    """The paths, and all that lead to them."""
    return frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))
