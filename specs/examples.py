"""What the examples of a spec are called: images, or the rows of a table."""

import re

_WORDS = {"images": "rows", "image": "row", "pixels": "values", "pixel": "value"}
# A word by itself, not a part of a name or a path.
_WORD = re.compile(r"(?<![\w./_-])(an? )?(images?|pixels?)(?![\w/_]|\.\w|-\w| files?\b)")


def of_rows(text: str) -> str:
    """A sentence about images, for the rows of a table; code between backticks stays."""
    parts = text.split("`")
    parts[::2] = [_WORD.sub(_replaced, one) for one in parts[::2]]
    return "`".join(parts)


def _replaced(found: re.Match[str]) -> str:
    article = "a " if found[1] else ""
    return article + _WORDS[found[2]]
