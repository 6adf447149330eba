"""Write `bnnc/layers.pyi`, what editors and type checkers know of the layers.

    python -m bnnc.runtime.layer_stub

The classes of layers with a kernel are made when they are imported, which no type checker follows.
"""

from __future__ import annotations

import re
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any

import bnnc.runtime.names
from bnnc.runtime.layers import LAYERS

PATH = Path(bnnc.__file__).with_name("layers.pyi")
_HEAD = """\
# Written by `python -m bnnc.runtime.layer_stub`.
from collections.abc import Sequence
from typing import Any, Literal

import keras

from bnnc.runtime.priors import Prior

__all__: list[str]

"""
# A type's module; those of the head are imported.
_MODULE = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Z])")


def stub() -> str:
    """The text of the stub: a class a layer, with its signature."""
    return _HEAD + "\n".join(_class(name, LAYERS[name]) for name in sorted(LAYERS))


def _class(name: str, layer: Any) -> str:
    parameters = _arguments(layer)
    lines = [f"class {name}(keras.layers.Layer):", "    def __init__(", "        self,"]
    by_name = False
    for one in parameters:
        if one.kind is Parameter.KEYWORD_ONLY and not by_name:
            lines.append("        *,")
        by_name = by_name or one.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_POSITIONAL)
        lines.append(f"        {_parameter(one)},")
    return "\n".join([*lines, "    ) -> None: ...", ""])


def _arguments(layer: Any) -> list[Parameter]:
    """The arguments of a class; not by its `__new__`, which Pythons before 3.11.4 prefer."""
    own: Signature | None = getattr(layer, "__signature__", None)
    if own is not None:
        return list(own.parameters.values())
    return list(signature(layer.__init__).parameters.values())[1:]


def _parameter(one: Parameter) -> str:
    stars = "**" if one.kind is Parameter.VAR_KEYWORD else ""
    stars = "*" if one.kind is Parameter.VAR_POSITIONAL else stars
    kind = "Any" if one.annotation is Signature.empty else _written(one.annotation)
    default = "" if one.default is Signature.empty else f" = {_default(one.default)}"
    return f"{stars}{one.name}: {kind}{default}"


def _written(annotation: Any) -> str:
    shown = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return _MODULE.sub("", shown)


def _default(value: Any) -> str:
    plain = value is None or isinstance(value, bool | int | float | str)
    return repr(value).replace("'", '"') if plain else "..."


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
