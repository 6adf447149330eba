"""The JSON Schema of the language, made from the models.

`python -m bnnc.specs.schema` writes the committed copy, `specs/bnnc.schema.json`, and with
`--store FILE` a copy for SchemaStore.
"""

import argparse
import json
from importlib import resources
from pathlib import Path
from typing import Any

from bnnc.specs.extending import EXTENDS_FIELD, PREFIX, extending_schema
from bnnc.specs.spec import EXTENDS, LANGUAGE_VERSION, Spec
from bnnc.version import SITE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE_NAME = "bnnc.schema.json"
# Where the schema can be read; a name that is no address while it is published nowhere.
IDENTIFIER = f"urn:bnnc:spec:{LANGUAGE_VERSION}" if SITE is None else SITE + FILE_NAME
_IDENTIFIER_IN_STORE = "https://json.schemastore.org/bnnc.json"


def make_schema() -> dict[str, Any]:
    """The schema (2020-12) that the models imply: it accepts the documents that they accept.

    They are whole specs, as they are after `extends` has been followed.
    """
    schema = Spec.model_json_schema(mode="validation")
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        **schema,
        "title": f"bnnc spec, version {LANGUAGE_VERSION}",
    }


def make_file_schema() -> dict[str, Any]:
    """The schema of a file: a whole spec, or one that extends others and is incomplete by itself."""
    spec = make_schema()
    extending, definitions = extending_schema(spec)
    head = {key: spec.pop(key) for key in ("$schema", "$id", "title")}
    head["description"] = spec["description"]
    definitions |= spec.pop("$defs")
    # An editor offers the keys of the branch that a file is in, and `extends` is one to begin with.
    spec["properties"] = {EXTENDS: EXTENDS_FIELD, **spec["properties"]}
    extending = {key: value for key, value in extending.items() if key not in head}
    extending["description"] = "What is said over the files that are extended, and no more."
    return {
        **head,
        "type": "object",
        "if": {"required": [EXTENDS]},
        "then": {"$ref": f"#/$defs/{PREFIX}Spec"},
        "else": {"$ref": "#/$defs/Spec"},
        "$defs": {"Spec": spec, f"{PREFIX}Spec": extending, **dict(sorted(definitions.items()))},
    }


def schema_text() -> str:
    """The committed schema, as text."""
    return resources.files("bnnc.specs").joinpath(FILE_NAME).read_text(encoding="utf-8")


def main() -> None:
    """Write the committed schema, or a copy for SchemaStore."""
    parser = argparse.ArgumentParser(description="Write the JSON Schema of the language.")
    parser.add_argument("--store", type=Path, metavar="FILE", help="write SchemaStore's copy")
    store = parser.parse_args().store
    schema = make_file_schema()
    if store is not None and SITE is None:
        schema["$id"] = _IDENTIFIER_IN_STORE
    path = store or Path(__file__).with_name(FILE_NAME)
    path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
