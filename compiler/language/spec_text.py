"""Write a spec as YAML: what is not a default, a section a line, a layer a line."""

from __future__ import annotations

import json
from typing import Any

from bnnc.compiler.language.examples import flow
from bnnc.specs import Spec

# What says which kind of section it is, written even where it is the default.
_KINDS = frozenset({"bnnc", "type", "distribution", "method"})


def spec_text(spec: Spec) -> str:
    """The YAML text of a spec; what it says is the spec, with the same fingerprint."""
    whole = spec.model_dump(mode="json")
    text = _text(_short(whole, spec.model_dump(mode="json", exclude_defaults=True)))
    return text if _says(text, spec) else _text(whole)


def _short(whole: Any, changed: Any) -> Any:
    """What is not a default, and the kinds of sections."""
    if isinstance(whole, dict) and isinstance(changed, dict):
        return {
            key: _short(value, changed.get(key, value))
            for key, value in whole.items()
            if key in changed or (key in _KINDS and isinstance(value, str | int))
        }
    if isinstance(whole, list) and isinstance(changed, list) and len(whole) == len(changed):
        return [_short(*one) for one in zip(whole, changed, strict=True)]
    return changed


def _text(document: dict[str, Any]) -> str:
    lines = []
    for key, value in document.items():
        if key == "layers":
            lines += ["layers:", *(f"  - {_flow(one)}" for one in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """A value in one line, with all digits of its numbers."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case float():
            return repr(value)
        case _:
            return flow(value)


def _says(text: str, spec: Spec) -> bool:
    import yaml

    try:
        read = Spec.from_json(json.dumps(yaml.safe_load(text)))
    except (ValueError, yaml.YAMLError):
        return False
    return read.fingerprint() == spec.fingerprint()
