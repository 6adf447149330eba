"""The JSON Schema of the language, made from the models.

`python -m bnnc.specs.schema` writes the committed copy, `specs/bnnc.schema.json`.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Any

from bnnc.specs.spec import LANGUAGE_VERSION, Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE_NAME = "bnnc.schema.json"


def make_schema() -> dict[str, Any]:
    """The schema (2020-12) that the models imply: it accepts the documents that they accept."""
    schema = Spec.model_json_schema(mode="validation")
    return {
        "$schema": DIALECT,
        "$id": f"urn:bnnc:spec:{LANGUAGE_VERSION}",
        **schema,
        "title": f"bnnc spec, version {LANGUAGE_VERSION}",
    }


def schema_text() -> str:
    """The committed schema, as text."""
    return resources.files("bnnc.specs").joinpath(FILE_NAME).read_text(encoding="utf-8")


if __name__ == "__main__":
    Path(__file__).with_name(FILE_NAME).write_text(
        json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
