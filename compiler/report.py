"""The result of a check: the findings, and the spec if it has no errors."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Source, is_script
from bnnc.compiler.text.tree import Mapping, find
from bnnc.errors import BnncError
from bnnc.specs import Spec
from bnnc.specs.sources import DataFacts
from bnnc.specs.survey import Survey

if TYPE_CHECKING:
    from bnnc.compiler.analysis.view import View


class SpecError(BnncError, ValueError):
    """A spec that does not compile; `diagnostics` says where, why, and what instead."""

    __module__ = "bnnc"  # where a caller finds it, and what a traceback calls it

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        from bnnc.compiler.diagnostics.render import render

        super().__init__("the spec does not compile\n\n" + render(diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Diagnostic, ...]]]:
        # Else a copy, or an error that comes from another process, takes its message for diagnostics.
        return SpecError, (self.diagnostics,)


@dataclass(frozen=True, repr=False)
class Report:
    """What checking a text gives: the findings, and the spec if it has no errors.

    It is true if the spec compiles, and shows itself as its findings, in a notebook too.

    The tree is put together from the text, from the files that it extends, and from settings; each
    of its nodes knows which of them it comes from.
    """

    source: Source
    tree: Mapping | None
    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]
    bases: tuple[Source, ...] = ()
    """The files that the text extends."""
    facts: DataFacts | None = None
    """What is known of the data that the spec names, without loading it."""
    survey: Survey | None = None
    """What every row of that data shows, where it was looked at."""
    view: View | None = field(default=None, compare=False)
    """What is right in the text, for an editor; None where no section could be read."""

    @property
    def ok(self) -> bool:
        """Whether the spec compiles: warnings do not stop it, errors do.

        Of a script, whether it has no errors: parts that are not followed make no spec.
        """
        if is_script(self.source):
            return not any(one.severity == "error" for one in self.diagnostics)
        return self.spec is not None

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        from bnnc.compiler.diagnostics.render import render, summary

        if not self.diagnostics:
            return f"{self._title}, no findings"
        return f"{render(self.diagnostics)}\n\n{self._title}, {summary(self.diagnostics)}"

    def _repr_html_(self) -> str:
        """The findings, for a notebook."""
        from bnnc.compiler.diagnostics.html_form import html_form

        return html_form(self._title, self.diagnostics)

    @property
    def _title(self) -> str:
        return f"{self.source.name}: {'compiles' if self.ok else 'does not compile'}"

    @property
    def folder(self) -> str | None:
        """What a path in `data.source` is relative to: the folder of the file that says it."""
        return self.folder_of("data", "source")

    @property
    def file_name(self) -> str | None:
        """Name of the text's file in `source.folder`; None where it is in no file."""
        return os.path.basename(self.source.name) if self.source.is_file else None

    @property
    def weights_folder(self) -> str | None:
        """What a file in a backbone's `weights` is relative to: the folder of the file that says it."""
        layers = () if self.spec is None else self.spec.layers
        places = [number for number, layer in enumerate(layers) if layer.type == "backbone"]
        return self.folder_of("layers", *places[:1], "weights")

    def folder_of(self, *path: str | int) -> str | None:
        """What a path that is said there is relative to: the folder of the file that says it."""
        said = None if self.tree is None else find(self.tree, path)
        return (self.source if said is None else said.span.source).folder

    def accepted(self) -> Spec:
        """The spec. Raises: SpecError if it has errors."""
        if self.spec is None:
            raise SpecError(self.diagnostics)
        return self.spec
