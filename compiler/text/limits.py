"""Limits on the size of a text.

A spec that people write has some hundred nodes and is nested five deep. The limits leave room
for generated ones and end whatever was made to exhaust memory or time. PyYAML has none.
"""

MAX_BYTES = 1 << 20
"""Bytes of text, in UTF-8."""

MAX_NOTEBOOK_BYTES = 32 << 20
"""Bytes of a notebook, whose outputs hold images."""

MAX_DEPTH = 64
"""Lists and mappings open at once. pydantic and Python's own recursion end far above it."""

MAX_NODES = 50_000
"""Keys, values, lists and mappings together, each alias counted as all that it stands for."""

MAX_FILES = 64
"""Files that a spec is put together from; bytes and nodes are limited over all of them together."""

MAX_FINDINGS = 1_000
"""Findings of one spec that are shown. A text of 1 MiB can have 25,000, in 10 MB of words."""


def most_bytes(name: str) -> int:
    """Bytes that a file of a name may have."""
    return MAX_NOTEBOOK_BYTES if name.endswith(".ipynb") else MAX_BYTES
