"""The language: pydantic models, the JSON Schema, and the gallery."""

from bnnc.specs.spec import LANGUAGE_VERSION, Spec

__all__ = ["LANGUAGE_VERSION", "Spec"]
