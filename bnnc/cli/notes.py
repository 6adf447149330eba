"""Print notes and warnings about the data to standard error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bnnc.cli.terminal import echo, echo_labelled
from bnnc.printable import harmless
from bnnc.specs.class_names import order_text

if TYPE_CHECKING:
    from bnnc.runtime.prepared import Prepared
    from bnnc.specs import Spec


def tell(notes: Iterable[str]) -> None:
    """Print notes, one a line."""
    for note in notes:
        echo_labelled("note", harmless(note), "blue")


def tell_of_data(prepared: Prepared, spec: Spec) -> None:
    """Print how the data was read, and which class has which index."""
    tell(prepared.notes)
    names = prepared.class_names or ()
    are_indices = all(name == str(index) for index, name in enumerate(names))
    if not are_indices and spec.output.labels not in {"real", "count"}:
        echo(f"classes: {harmless(order_text(names))}", err=True)
