"""What can be said: the language as pydantic models, its JSON Schema, and the gallery."""

from bnnc.specs.spec import LANGUAGE_VERSION, Spec

__all__ = ["LANGUAGE_VERSION", "Spec"]
