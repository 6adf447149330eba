"""Text to tree, with the place of everything and a finding for everything that cannot be read.

YAML is taken as a stream of events and put together on a stack of our own: PyYAML's composer
recurses, and 50,000 brackets end the interpreter in it. JSON is YAML's flow style.
"""

from __future__ import annotations

import re

import yaml

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, in_file_order
from bnnc.compiler.reading.encoding import read_bytes, refuse_text
from bnnc.compiler.reading.findings.bnn001_yaml_syntax import yaml_syntax
from bnnc.compiler.reading.findings.bnn009_unsupported_tag import unsupported_tag
from bnnc.compiler.reading.findings.bnn013_empty_document import empty_document
from bnnc.compiler.reading.findings.bnn014_root_is_not_a_mapping import root_is_not_a_mapping
from bnnc.compiler.reading.prepare import prepare
from bnnc.compiler.reading.syntax_errors.syntax import explain
from bnnc.compiler.reading.tree_builder import TreeBuilder, UnreadableError
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Mapping, Node

__all__ = ["read", "read_bytes"]

# libyaml where PyYAML was built with it, ten times as fast as the scanner in Python. Events are
# all that is asked of either; the base loaders could not construct an object if they were asked.
EVENT_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# libyaml compares each %TAG directive with all before it, 15 seconds for 1 MiB of them. No tag
# is read here, so the first directive is refused before libyaml sees it.
_TAG_DIRECTIVE = re.compile(r"^%TAG\b[^\r\n]*", re.MULTILINE)


def read(source: Source) -> tuple[Mapping | None, tuple[Diagnostic, ...]]:
    """The tree of a spec's text, and what is wrong with the text.

    The tree is None where there is nothing to go on with: the text is not YAML, passes a limit,
    or is no mapping. Otherwise it is there beside the findings, and values that were reported
    are marked so. No text raises.

    References: YAML 1.2.2, https://yaml.org/spec/1.2.2/; RFC 8259.
    """
    if refused := refuse_text(source):
        return None, (refused,)
    if found := _TAG_DIRECTIVE.search(source.text):
        return None, (unsupported_tag(Span(source, *found.span()), found[0]),)
    byte_order_mark = len(source.text) - len(source.text.removeprefix("\ufeff"))
    prepared = prepare(source.text[byte_order_mark:])
    builder = TreeBuilder(source, prepared, byte_order_mark)
    try:
        for event in yaml.parse(prepared.text, Loader=EVENT_LOADER):
            builder.take(event)
            if builder.finished:
                break
    except UnreadableError as unreadable:
        return None, in_file_order((*builder.findings, unreadable.finding))
    except yaml.MarkedYAMLError as error:
        # What was found before is left out: behind a slip in the syntax it is often its echo.
        return None, (explain(source, error, byte_order_mark, builder),)
    except (ValueError, OverflowError):
        # PyYAML's own scanner hands an escape beyond U+10FFFF to chr(); libyaml refuses it.
        return None, (_no_character(source, builder.last.end),)
    root = builder.root
    if root is None:
        return None, in_file_order((*builder.findings, empty_document(Span(source, 0, 0))))
    if not isinstance(root, Mapping):
        return None, in_file_order((*builder.findings, root_is_not_a_mapping(root)))
    return root, in_file_order(builder.findings)


def read_value(source: Source, start: int) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """The value that a text has from an offset on, read as if it stood behind a key and a colon.

    It is None, without a finding, where more than one value stands there.
    """
    text = _AS_A_VALUE + source.text[start:]
    shift = start - len(_AS_A_VALUE)
    builder = TreeBuilder(source, prepare(text), shift)
    try:
        for event in yaml.parse(builder.prepared.text, Loader=EVENT_LOADER):
            builder.take(event)
            if builder.finished:
                return None, ()
    except UnreadableError as unreadable:
        return None, (unreadable.finding,)
    except yaml.MarkedYAMLError as error:
        return None, (explain(source, error, shift, builder),)
    except (ValueError, OverflowError):
        return None, (_no_character(source, builder.last.end),)
    root = builder.root
    if not isinstance(root, Mapping) or len(root.entries) != 1:
        return None, ()
    return root.entries[0].value, in_file_order(builder.findings)


# Short, so that a value's offset in the text that is parsed is near its own.
_AS_A_VALUE = "k: "


def _no_character(source: Source, offset: int) -> Diagnostic:
    return yaml_syntax(
        Span(source, offset, offset),
        "an escape after this place is not a character",
        help=("write at most `\\U0010FFFF`, the last character of Unicode",),
    )
