"""Rules that only tests have: warnings and remarks at places of their choice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics import catalog as registry
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from bnnc.compiler.text.source import Span


@contextlib.contextmanager
def narrow_layer_rule(code: str = "BNN990", severity: Severity = "warning") -> Iterator[None]:
    """A rule on dense layers of less than 64 units, with a safe and an unsafe fix, for a while."""

    def narrow_layer(view: View, report: Report) -> list[Diagnostic]:
        """A dense layer is narrow.

        ## What it does
        Finds dense layers of less than 64 units.
        """
        found = []
        for placed in view.layers:
            units = getattr(placed.section, "units", 64)
            if units < 64:
                place = view.span_of(*placed.path, "units")
                behind = Span(place.source, place.end, place.end)
                found.append(
                    report(
                        place,
                        f"{units} units are few",
                        label="narrow",
                        related=(Label(view.span_of("input", "shape"), "the images"),),
                        notes=("a note: 100%, of it\non two lines",),
                        help=("write `units: 64`",),
                        fixes=(
                            Fix("Widen the layer", (Edit(place, "units: 64"),), safe=False),
                            Fix("Say why", (Edit(behind, " "),), safe=True),
                        ),
                    )
                )
        return found

    narrow_layer.__name__ = f"narrow_layer_{code.lower()}"
    registry.rules()  # the project's own rules first, so that this one is not taken for one
    rule(code, needs=(), severity=severity)(narrow_layer)
    registry.rules.cache_clear()
    try:
        yield
    finally:
        del registry._RULES[code]
        registry.rules.cache_clear()
