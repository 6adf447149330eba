"""The JSON Schema of a file that extends others.

Such a file is a spec only together with the files that it names. Of what it says by itself, no key
is required, and `null` removes a key; lists are replaced whole, so that what stands in one must be
complete.
"""

from typing import Any

from bnnc.specs.spec import EXTENDS

Schema = dict[str, Any]

_SAID = ("title", "description", "default")
PREFIX = "Extending"
REMOVED = {"type": "null", "description": "Removes what an extended file says."}
EXTENDS_FIELD: Schema = {
    "description": (
        "Files that this one extends: a name, or a list of names, relative to this file. Values of"
        " this file override theirs; in a list, later files override earlier ones, and `--set`"
        " overrides all. Mappings are merged key by key. Lists, such as `layers`, and single values"
        " are replaced whole. `key: null` removes a key of the extended files, for example an"
        " argument of their optimizer. `bnnc plan -v` shows where each value comes from."
    ),
    "oneOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ],
}


def extending_schema(spec: Schema) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a file with `extends`, and the definitions that it refers to.

    `spec` is the schema of a whole spec, with its definitions.
    """
    relaxed = _Relaxed(spec["$defs"])
    root = relaxed.section({key: value for key, value in spec.items() if key != "$defs"})
    root["properties"] = {EXTENDS: EXTENDS_FIELD, **root["properties"]}
    root["required"] = [EXTENDS]
    return root, relaxed.made


class _Relaxed:
    """Sections that need not be complete; each is made once."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions
        self.made: dict[str, Schema] = {}

    def section(self, section: Schema, others: frozenset[str] = frozenset()) -> Schema:
        """A section without required keys, `others` being keys of the branches that it excludes."""
        required = frozenset(section.get("required", ()))
        properties = {
            # What every spec must have nobody removes; a key of one branch is none of another's.
            key: self._value(field, removable=key not in required or key in others)
            for key, field in section["properties"].items()
        }
        foreign = dict.fromkeys(sorted(others - set(properties)), REMOVED)
        kept = {key: value for key, value in section.items() if key != "required"}
        return {**kept, "properties": {**properties, **foreign}}

    def _value(self, field: Schema, *, removable: bool) -> Schema:
        members: list[Schema] = field.get("oneOf") or field.get("anyOf") or []
        said = {key: one for key, one in field.items() if key in _SAID}
        if "discriminator" in field:
            choices = self._branches([self._name(one) for one in members])
        elif members:
            choices = [self._value(one, removable=False) for one in members]
        else:
            choices = [self._single(field)]
        if len(choices) == 1 and not removable:
            return {**choices[0], **said}
        is_removable = removable and all(one.get("type") != "null" for one in choices)
        return {**said, "anyOf": [*choices, REMOVED] if is_removable else choices}

    def _single(self, field: Schema) -> Schema:
        name = self._name(field)
        if name not in self.definitions or self.definitions[name].get("type") != "object":
            return field
        return self._reference(name, self.definitions[name], frozenset())

    def _branches(self, names: list[str]) -> list[Schema]:
        sections = {name: self.definitions[name] for name in names}
        tags = frozenset.intersection(*(frozenset(one["properties"]) for one in sections.values()))
        keys = frozenset(key for one in sections.values() for key in one["properties"])
        return [self._reference(name, one, keys - tags) for name, one in sections.items()]

    def _reference(self, name: str, section: Schema, others: frozenset[str]) -> Schema:
        new = f"{PREFIX}{name}"
        if new not in self.made:
            self.made[new] = {}  # for what refers to itself
            self.made[new] = self.section(section, others)
        return {"$ref": f"#/$defs/{new}"}

    def _name(self, field: Schema) -> str:
        return str(field.get("$ref", "")).rpartition("/")[2]
