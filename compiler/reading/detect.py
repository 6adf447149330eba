"""Tells specs from the other YAML and JSON files of a folder."""

from __future__ import annotations

import re

import yaml

from bnnc.compiler.reading.prepare import prepare
from bnnc.compiler.reading.reader import EVENT_LOADER

_KEY = "bnnc"
_KEY_AT_THE_MARGIN = re.compile(rf"^([\"']?){_KEY}\1[ \t]*:", re.MULTILINE)


def is_spec(text: str) -> bool:
    """Whether a text is a mapping with the key `bnnc` at its top.

    Where it cannot be read as far as that key, a line that begins with it counts: a spec with an
    error in its first line is to be reported, not passed over.
    """
    if _KEY not in text:
        return False
    # The reader does not hand such a text to libyaml either, see there.
    if "%TAG" not in text:
        try:
            return _has_key(text.removeprefix("\ufeff"))
        except (yaml.YAMLError, ValueError, OverflowError):
            pass
    return _KEY_AT_THE_MARGIN.search(text) is not None


def _has_key(text: str) -> bool:
    depth = 0
    is_key = True  # whether the next node inside the root is a key
    for event in yaml.parse(prepare(text).text, Loader=EVENT_LOADER):
        match event:
            case yaml.ScalarEvent(value=value):
                if depth == 1 and is_key and value == _KEY:
                    return True
            case yaml.CollectionStartEvent():
                depth += 1
                if depth == 1 and isinstance(event, yaml.MappingStartEvent):
                    continue
            case yaml.CollectionEndEvent():
                depth -= 1
            case yaml.AliasEvent():
                pass
            case _:
                continue
        if depth == 0 or (depth == 1 and isinstance(event, yaml.SequenceStartEvent)):
            return False  # the root is no mapping, or has ended
        if depth == 1:
            is_key = not is_key
    return False
