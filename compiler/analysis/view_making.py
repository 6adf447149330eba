"""Make the view of a spec: of one without errors, or of what is right in one with errors."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from bnnc.compiler.analysis.view import View, with_parents
from bnnc.compiler.language.partial_layers import once, partial_layers
from bnnc.compiler.text.tree import Json, Mapping, Path
from bnnc.errors import InternalError
from bnnc.specs.layers import LayerSection
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.placement import (
    TooManyLayersError,
    count,
    place,
    written,
)
from bnnc.specs.section import Section
from bnnc.specs.spec import Spec


def view_of(spec: Spec, tree: Mapping) -> View:
    """The view of a spec without errors of schema."""
    sections = {name: getattr(spec, name) for name in _SECTIONS}
    return _view(tree, frozenset(), sections, tuple(spec.layers))


def partial_view(document: dict[str, Json], tree: Mapping, broken: frozenset[Path]) -> View:
    """The view of a document some of whose paths have errors.

    A path is touched where an error lies at it or below it.
    """
    sections: dict[str, Any] = {}
    layers: tuple[LayerSection | None, ...] = ()
    touched = with_parents(broken)
    for name in _SECTIONS:
        field = Spec.model_fields[name]
        if name not in document:
            if not field.is_required():
                sections[name] = field.get_default(call_default_factory=True)
            continue
        if name == "layers":
            # Of a list that is too long, pydantic looks at no item: none is known to be right.
            if (name,) not in broken:
                layers = partial_layers(document[name], (name,), broken, touched)
        elif (name,) not in touched:
            sections[name] = _validate(field, document[name])
        else:
            model = _section_model(name, document[name])
            if model is not None and (name,) not in broken:
                sections[name] = _partial(model, document[name], (name,), broken, touched)
    return _view(tree, broken, sections, layers)


def _view(
    tree: Mapping,
    broken: frozenset[Path],
    sections: dict[str, Any],
    layers: tuple[LayerSection | None, ...],
) -> View:
    """The view; of more layers than a model may have, only what they say is looked at."""
    try:
        sections["layers"] = place(layers)
    except TooManyLayersError:
        sections["layers"] = place(once(layers))
        broken = broken | {("layers",)}
    view = View(tree, broken, sections)
    view.written_layers = tuple(written(layers))
    view.layers_written_out = count(layers)
    return view


# Read off the view: a section is named in its class alone.
_HINTS = {name: hint for name, hint in get_type_hints(View).items() if name in Spec.model_fields}
_SECTIONS = tuple(_HINTS)
_MODELS: dict[str, type[Section]] = {
    name: model
    for name, hint in _HINTS.items()
    for model in (hint, *get_args(hint))
    if isinstance(model, type) and issubclass(model, Section)
}


def _section_model(name: str, value: Json) -> type[Section] | None:
    if name != "output":
        return _MODELS[name]
    distribution = value.get("distribution") if isinstance(value, dict) else None
    return OUTPUTS.get(distribution) if isinstance(distribution, str) else None


def _validate(field: FieldInfo, value: Json) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    return adapter.validate_json(json.dumps(value), strict=True)


def _partial(
    model: type[Section],
    value: Json,
    path: Path,
    broken: frozenset[Path],
    touched: frozenset[Path],
) -> Section:
    if not isinstance(value, dict):
        raise InternalError(f"{path} has errors inside, but is no mapping")
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        here = (*path, name)
        if name not in value:
            if not field.is_required():
                values[name] = field.get_default(call_default_factory=True, validated_data=values)
        elif here not in touched:
            values[name] = _validate(field, value[name])
        elif (
            here not in broken
            and isinstance(field.annotation, type)
            and issubclass(field.annotation, Section)
        ):
            values[name] = _partial(field.annotation, value[name], here, broken, touched)
    return model.model_construct(**values)
