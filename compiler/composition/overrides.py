"""Apply overrides such as `loss.kl.temperature=0.5` to a composed tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bnnc.compiler.composition.findings.bnn109_malformed_setting import malformed_setting
from bnnc.compiler.composition.findings.bnn110_setting_of_nothing import setting_of_nothing
from bnnc.compiler.composition.findings.bnn111_setting_below_a_value import setting_below_a_value
from bnnc.compiler.composition.layers_of_text import layer_paths
from bnnc.compiler.composition.merge import is_null, merge
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.reading.encoding import refuse_text
from bnnc.compiler.reading.findings.bnn007_nested_too_deep import nested_too_deep
from bnnc.compiler.reading.reader import read_value
from bnnc.compiler.text.limits import MAX_DEPTH
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Entry, Mapping, Node, Path, Scalar, Sequence
from bnnc.specs.spec import EXTENDS

_STEP = re.compile(r"\[(?P<index>-?[0-9]{1,9})\]|(?P<dot>\.?)(?P<key>[^\s.=\[\]]+)")
_FORM = "write `PATH=VALUE`, as in `loss.kl.temperature=0.5` or `layers[0].filters=8`"


@dataclass(frozen=True, slots=True)
class Step:
    """A key or an index of a path, and where in its text it is written."""

    name: str | int
    span: Span


@dataclass(frozen=True, slots=True)
class Override:
    """A path, and the value that a tree gets there."""

    steps: tuple[Step, ...]
    value: Node

    def path_before(self, index: int) -> str:
        """The path as written, up to a step."""
        if index == 0:
            return "spec"
        first, last = self.steps[0].span, self.steps[index - 1].span
        return first.source.text[first.start : last.end]

    @property
    def path(self) -> str:
        """The path as `--set` has it."""
        return path_text(tuple(one.name for one in self.steps))


def path_text(path: Path) -> str:
    """A path as `--set` has it, as in `layers[0].filters`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return text.removeprefix(".")


class _RefusedError(Exception):
    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def apply_setting(
    tree: Mapping, setting: Source | Override
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """The tree with what a setting says, as if one more file said it; `null` removes.

    A setting that cannot be applied leaves the tree as it is, and is a finding. It is a text of the
    form `PATH=VALUE`, or what was read of one.
    """
    try:
        override, findings = _read(setting) if isinstance(setting, Source) else (setting, ())
        changed = _changed(tree, override, 0)
    except _RefusedError as refused:
        return tree, (refused.finding,)
    assert isinstance(changed, Mapping)
    return changed, findings


def read_setting(source: Source) -> Override | Diagnostic:
    """The path and the value of a text of the form `PATH=VALUE`, or why it has none."""
    try:
        return _read(source)[0]
    except _RefusedError as refused:
        return refused.finding


def read_path(text: str, span: Span) -> tuple[Step, ...] | Diagnostic:
    """The steps of a path that stands alone, as a key does; `layers.0.units` is `layers[0].units`.

    Args:
        text: the path.
        span: where it is written; each step has its own part of it, unless the path is escaped.
    """
    start = span.start + max(span.text.find(text), 0)
    is_plain = text in span.text
    try:
        steps, end = _steps(Source(span.source.name, text), 0)
    except _RefusedError as refused:
        return replace(refused.finding, span=span)
    if end < len(text) or not steps:
        return malformed_setting(
            span,
            f"{quoted(text)} is not a path of the spec",
            label="neither keys nor indices",
            help="write keys with dots between them, as in `training.optimizer.learning_rate`",
        )
    made = []
    for number, step in enumerate(steps):
        name = step.name
        if isinstance(name, str) and number and re.fullmatch("-?[0-9]{1,9}", name):
            name = int(name)
        place = Span(span.source, start + step.span.start, start + step.span.end)
        made.append(Step(name, place if is_plain else span))
    return tuple(made)


def _steps(source: Source, offset: int) -> tuple[list[Step], int]:
    """The steps of the path that a text begins with, and where it ends."""
    text = source.text
    steps: list[Step] = []
    while found := _STEP.match(text, offset):
        if found["key"] is not None and bool(found["dot"]) != bool(steps):
            break
        if found["index"] is not None and not steps:
            break
        name = found["key"] if found["index"] is None else int(found["index"])
        start = found.end() - len(found["key"]) if found["index"] is None else offset
        steps.append(Step(name, Span(source, start, found.end())))
        offset = found.end()
        if len(steps) > MAX_DEPTH:
            raise _RefusedError(nested_too_deep(steps[-1].span, MAX_DEPTH))
    return steps, offset


def _read(source: Source) -> tuple[Override, tuple[Diagnostic, ...]]:
    if refused := refuse_text(source):
        raise _RefusedError(refused)
    text = source.text
    steps, offset = _steps(source, 0)
    if not steps or text[offset : offset + 1] != "=":
        raise _RefusedError(_no_path(source, offset, steps))
    if steps[0].name == EXTENDS:
        raise _RefusedError(
            malformed_setting(
                steps[0].span,
                f"an override cannot set `{EXTENDS}`: bnnc composes the files before the overrides",
                label="not a value of the spec",
                help=f"write `{EXTENDS}` in a new file, and pass that file to bnnc",
            )
        )
    return _value(source, tuple(steps), offset + 1)


def _no_path(source: Source, offset: int, steps: list[Step]) -> Diagnostic:
    text = source.text
    if "=" not in text:
        end = len(text)
        return malformed_setting(
            Span(source, end, end),
            "an override has no `=`",
            label="`=VALUE` is missing",
            help=_FORM,
        )
    if not steps and offset == text.index("="):
        message, label = "an override has no path", "the path is missing"
    else:
        message, label = "the path of an override is not valid", "neither a key nor an index"
    return malformed_setting(Span(source, offset, offset + 1), message, label=label, help=_FORM)


def _value(
    source: Source, steps: tuple[Step, ...], start: int
) -> tuple[Override, tuple[Diagnostic, ...]]:
    if not source.text[start:].strip():
        raise _RefusedError(
            malformed_setting(
                Span(source, start, len(source.text)),
                "an override has no value",
                label="the value is missing",
                help="write a value; `null` removes the key, and `''` is empty text",
            )
        )
    value, findings = read_value(source, start)
    if value is None:
        if findings:
            raise _RefusedError(findings[0])
        raise _RefusedError(
            malformed_setting(
                Span(source, start, len(source.text)),
                "an override has more than one value",
                label="expected one value",
                help="write one override for each value, or a mapping such as `{key: value}`",
            )
        )
    return Override(steps, value), findings


def _changed(node: Node | None, setting: Override, at: int) -> Node | None:
    """A node with the setting below it; None where the setting removes it."""
    if at == len(setting.steps):
        return _replaced(node, setting.value)
    step = setting.steps[at]
    if node is None or is_null(node):
        return _new(setting, at)
    match node:
        case Mapping() if isinstance(step.name, str):
            return _in_mapping(node, setting, at, step.name)
        case Sequence() if isinstance(step.name, int) or _is_layers(setting, at):
            return _in_list(node, setting, at)
        case Scalar(reported=True):
            return node
        case _:
            where = setting.path_before(at)
            raise _RefusedError(setting_below_a_value(step.span, step.name, where, node))


def _replaced(node: Node | None, value: Node) -> Node | None:
    if node is not None and is_null(value):
        return None
    if isinstance(node, Mapping) and isinstance(value, Mapping):
        return merge(node, value)
    return value


def _in_mapping(node: Mapping, setting: Override, at: int, key: str) -> Mapping:
    step, entry = setting.steps[at], node.entry(key)
    value = _changed(None if entry is None else entry.value, setting, at + 1)
    entries = {one.key: one for one in node.entries}
    if value is None:
        del entries[key]
    elif entry is None or value.span.source == step.span.source:
        entries[key] = Entry(key, step.span, value)
    else:
        entries[key] = replace(entry, value=value)
    return replace(node, entries=tuple(entries.values()))


def _in_list(node: Sequence, setting: Override, at: int) -> Sequence:
    step, count = setting.steps[at], len(node.items)
    where = setting.path_before(at)
    if isinstance(step.name, int):
        index = step.name if step.name >= 0 else count + step.name
        if not 0 <= index < count:
            names = [str(number) for number in range(count)]
            raise _RefusedError(setting_of_nothing(step.span, step.name, where, names, node.span))
    else:
        paths = layer_paths(node)
        if step.name not in paths:
            known = list(paths)
            raise _RefusedError(setting_of_nothing(step.span, step.name, where, known, node.span))
        # A name leads to a layer in whatever block it stands: as if its path had been written.
        written = tuple(Step(one, step.span) for one in paths[step.name][1:])
        steps = (*setting.steps[:at], *written, *setting.steps[at + 1 :])
        return _in_list(node, replace(setting, steps=steps), at)
    value = _changed(node.items[index], setting, at + 1)
    kept = () if value is None else (value,)
    return replace(node, items=(*node.items[:index], *kept, *node.items[index + 1 :]))


def _new(setting: Override, at: int) -> Node | None:
    """Value at a path that the files do not have."""
    step = setting.steps[at]
    if isinstance(step.name, int):
        where = setting.path_before(at)
        around = setting.steps[at - 1].span
        raise _RefusedError(setting_of_nothing(step.span, step.name, where, [], around))
    value = _changed(None, setting, at + 1)
    assert value is not None
    span = Span(step.span.source, step.span.start, value.span.end)
    return Mapping((Entry(step.name, step.span, value),), span)


def _is_layers(setting: Override, at: int) -> bool:
    return at == 1 and setting.steps[0].name == "layers"
