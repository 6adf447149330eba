"""The parameters of a search file as variables; what is wrong with their values are findings."""

from __future__ import annotations

from typing import Any

from bnnc.compiler.composition.layers_of_text import layer_paths
from bnnc.compiler.composition.overrides import Step, path_text, read_path
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.examples import accepts, flow, short
from bnnc.compiler.language.schema_queries import schema_at
from bnnc.compiler.report import Report
from bnnc.compiler.searching.findings.bnn120_malformed_parameter import malformed_parameter
from bnnc.compiler.searching.findings.bnn121_search_of_a_fixed_key import search_of_a_fixed_key
from bnnc.compiler.searching.space import Value, Variable, duplicates, labels_of
from bnnc.compiler.text.tree import (
    Entry,
    Json,
    Mapping,
    Node,
    Path,
    Sequence,
    find,
    find_entry,
    to_json,
)
from bnnc.specs.search import Parameter, Search

_ROWS = "trials are compared on the same validation rows, which this key chooses"
_NAMES = "this key changes no model"
_FIXED: dict[Path, str] = {
    ("bnnc",): _NAMES,
    ("name",): _NAMES,
    ("description",): _NAMES,
    ("extends",): _NAMES,
    ("evaluation",): _NAMES,
    ("data", "source"): _ROWS,
    ("data", "validation_split"): _ROWS,
    ("data", "splits"): _ROWS,
    ("data", "classes"): _ROWS,
    ("training", "seed"): "the seed also chooses the rows that are held out for validation",
}


def variables_of(
    tree: Mapping, search: Search, base: Report
) -> tuple[tuple[Variable, ...], list[Diagnostic]]:
    """The variables that are right, and the findings on the others."""
    made: dict[str, tuple[Variable, Entry]] = {}
    found: list[Diagnostic] = []
    for written, parameter in search.space.items():
        entry = find_entry(tree, ("space", written))
        assert entry is not None
        try:
            variable = _variable(entry, parameter, base, made)
        except _WrongError as wrong:
            found.append(wrong.finding)
            continue
        other = made.get(variable.name)
        if other is not None:
            found.append(
                malformed_parameter(
                    entry.key_span,
                    f"`{variable.name}` is searched twice",
                    label="the same key of the spec",
                    related=(Label(other[1].key_span, "here too"),),
                    help="delete one of the two",
                )
            )
            continue
        made[variable.name] = variable, entry
    return tuple(one for one, _ in made.values()), found


class _WrongError(Exception):
    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _variable(
    entry: Entry, parameter: Parameter, base: Report, before: dict[str, tuple[Variable, Entry]]
) -> Variable:
    steps = read_path(entry.key, entry.key_span)
    if isinstance(steps, Diagnostic):
        raise _WrongError(steps)
    path = _path(steps, base)
    for fixed, reason in _FIXED.items():
        if path[: len(fixed)] == fixed or path == fixed[: len(path)]:
            raise _WrongError(search_of_a_fixed_key(entry.key_span, path_text(path), reason))
    name, value = path_text(path), entry.value
    assert isinstance(value, Mapping)
    when = _conditions(value, parameter, before)
    if parameter.choices is not None:
        return _of_choices(name, steps, value, parameter, when)
    return _of_range(name, steps, value, parameter, base, path, when)


def _path(steps: tuple[Step, ...], base: Report) -> Path:
    """The path in the spec: a layer's name is the place of that layer, and -1 the last item."""
    assert base.tree is not None
    path: Path = ()
    for number, step in enumerate(steps):
        name, node = step.name, find(base.tree, path)
        if isinstance(node, Sequence) and isinstance(name, str) and number == 1:
            path = layer_paths(node).get(name, (*path, name))
        elif isinstance(node, Sequence) and isinstance(name, int) and name < 0:
            path = (*path, max(len(node.items) + name, 0))
        else:
            path = (*path, name)
    return path


def _of_choices(
    name: str,
    steps: tuple[Step, ...],
    value: Mapping,
    parameter: Parameter,
    when: tuple[tuple[str, tuple[Value, ...]], ...],
) -> Variable:
    for key in ("low", "high", "step", "log"):
        entry = value.entry(key)
        if entry is not None:
            raise _WrongError(
                malformed_parameter(
                    entry.key_span,
                    f"`{name}` has choices and `{key}`",
                    label="of a range",
                    help=f"delete `{key}`, or write a range without `choices`",
                )
            )
    node = find(value, ("choices",))
    assert isinstance(node, Sequence)
    labels = labels_of([to_json(one) for one in node.items])
    again = duplicates(labels)
    if again:
        first = labels.index(labels[again[0]])
        raise _WrongError(
            malformed_parameter(
                node.items[again[0]].span,
                f"a choice of `{name}` is written twice",
                label="the same value",
                related=(Label(node.items[first].span, "here too"),),
                help="delete one of the two",
            )
        )
    if len(labels) == 1 and not when:
        raise _WrongError(
            malformed_parameter(
                node.span,
                f"`{name}` has one choice",
                label="nothing to choose from",
                help=f"add another choice, or write `{flow(to_json(node.items[0]))}` into the spec",
            )
        )
    return Variable(name, steps, value.span, choices=tuple(node.items), labels=labels, when=when)


def _of_range(
    name: str,
    steps: tuple[Step, ...],
    value: Mapping,
    parameter: Parameter,
    base: Report,
    path: Path,
    when: tuple[tuple[str, tuple[Value, ...]], ...],
) -> Variable:
    low, high, step = parameter.low, parameter.high, parameter.step

    def wrong(key: str, message: str, label: str, help: str, *related: Label) -> _WrongError:
        node = find(value, (key,)) if key else value
        span = (node or value).span
        return _WrongError(
            malformed_parameter(span, message, label=label, help=help, related=related)
        )

    if low is None or high is None:
        lacking = "low" if low is None else "high"
        if low is None and high is None:
            raise wrong(
                "",
                f"`{name}` has neither a range nor choices",
                "no values to search",
                "write `low` and `high`, or `choices`",
            )
        raise wrong("", f"the range of `{name}` has no `{lacking}`", "one end", f"add `{lacking}`")
    end = find(value, ("low",))
    assert end is not None
    if low >= high:
        instead = f"write `low: {short(high)}` and `high: {short(low)}`"
        if low == high:
            instead = f"write a larger `high`, or the value {short(low)} into the spec"
        message = f"the range of `{name}` has {'one value' if low == high else 'no values'}"
        raise wrong("high", message, "not above `low`", instead, Label(end.span, "`low`"))
    if parameter.log and low <= 0:
        raise wrong(
            "low",
            f"the range of `{name}` is logarithmic and begins at {short(low)}",
            "has no logarithm",
            f"write a `low` above 0, such as {short(high / 1000)}, or delete `log: true`",
        )
    if parameter.log and step is not None:
        raise wrong(
            "step",
            f"the range of `{name}` has `step` and `log: true`",
            "of a range that is not logarithmic",
            "delete one of the two",
        )
    if step is not None and abs((high - low) / step - round((high - low) / step)) > 1e-6:
        last = low + int((high - low) / step) * step
        raise wrong(
            "step",
            f"the steps of `{name}` do not end at `high`",
            f"ends at {short(last)}",
            f"write `high: {short(last)}`, or another `step`",
        )
    whole = _takes_whole_numbers_only(path, base, low, high)
    if whole and step is not None and step != int(step):
        raise wrong(
            "step",
            f"`{name}` takes whole numbers, and the step is {short(step)}",
            "not a whole number",
            "write `step: 1`, or another whole number",
        )
    ends = (find(value, (key,)) for key in ("low", "high"))
    return Variable(
        name,
        steps,
        value.span,
        tuple(one for one in ends if one is not None),
        low=low,
        high=high,
        step=step,
        log=parameter.log,
        whole=whole,
        when=when,
    )


def _takes_whole_numbers_only(path: Path, base: Report, low: float, high: float) -> bool:
    """Whether the key at a path takes whole numbers and no others, between two that are whole."""
    if low != int(low) or high != int(high):
        return False
    document: Any = None if base.tree is None else to_json(base.tree)
    schema = schema_at(path, document) or {}
    return not accepts(schema, (low + high) / 2 + 0.25)


def _conditions(
    value: Mapping, parameter: Parameter, before: dict[str, tuple[Variable, Entry]]
) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    """What the variables before must have. Raises: _WrongError."""
    made = []
    for written, wanted in (parameter.when or {}).items():
        entry = find_entry(value, ("when", written))
        assert entry is not None
        steps = read_path(written, entry.key_span)
        name = written
        if not isinstance(steps, Diagnostic):
            name = path_text(tuple(one.name for one in steps))
        names = {one: one for one in before}
        names |= {own.key: one for one, (_, own) in before.items()}
        if name not in names and written not in names:
            listed = ", ".join(f"`{one}`" for one in before) or "none"
            raise _WrongError(
                malformed_parameter(
                    entry.key_span,
                    f"`when` names `{written}`, which is not searched above",
                    label="no parameter above this one",
                    help=f"write a parameter above this one: {listed}",
                )
            )
        variable = before[names.get(written, names.get(name, name))][0]
        made.append((variable.name, _wanted(variable, entry.value, wanted)))
    return tuple(made)


def _wanted(variable: Variable, node: Node, wanted: Json) -> tuple[Value, ...]:
    listed = wanted if isinstance(wanted, list) else [wanted]
    if not variable.choices:
        raise _WrongError(
            malformed_parameter(
                node.span,
                f"`when` needs a parameter with choices, and `{variable.name}` is a range",
                label="of a range",
                help=f"write `choices` for `{variable.name}`",
            )
        )
    values = [to_json(one) for one in variable.choices]
    found = []
    for one in listed:
        if one not in values:
            choices = ", ".join(f"`{flow(each)}`" for each in values)
            raise _WrongError(
                malformed_parameter(
                    node.span,
                    f"`{variable.name}` is never `{flow(one)}`",
                    label="no choice of it",
                    help=f"write one of its choices: {choices}",
                )
            )
        found.append(variable.labels[values.index(one)])
    return tuple(found)
