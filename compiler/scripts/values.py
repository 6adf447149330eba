"""Values of a script, as far as they are known without running it. Each has its span."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from bnnc.compiler.text.source import Span

UNKNOWN_ARGUMENTS = "**"
"""The keyword under which a call has the arguments of a `*` or `**` that are not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """A number, a string, a boolean or None."""

    value: bool | int | float | str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """A list or a tuple; `origin` is one number for all names of a list."""

    items: tuple[Value, ...]
    span: Span
    origin: int | None = field(default=None, compare=False, repr=False)


@dataclass(eq=False, slots=True)
class Table:
    """A dict; its keys are written as strings."""

    entries: dict[str, Value]
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A module, class or function of a library, by its canonical name: `keras.layers.Dense`."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a library's class or function.

    `function_span` is the name that is called; `keyword_spans` are whole keywords, `units=10`.
    """

    function: str
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    span: Span
    function_span: Span
    keyword_spans: Mapping[str, Span]

    def argument(self, name: str, position: int | None = None) -> Value | None:
        """An argument by its keyword or its position; None if it is not given.

        Where the call has a `*` or `**` of unknown values, it may be one of them: it is unknown.
        """
        if name in self.keywords:
            return self.keywords[name]
        if position is not None and position < len(self.args):
            return self.args[position]
        return self.keywords.get(UNKNOWN_ARGUMENTS)


@dataclass(frozen=True, slots=True)
class Function:
    """A function, a lambda or a method of the script; `bound` is its `self`."""

    node: ast.FunctionDef | ast.Lambda = field(repr=False)
    scope: Scope = field(repr=False)
    span: Span
    bound: Instance | None = None


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the script; `fields` are its annotated names, as a dataclass has them."""

    name: str
    bases: tuple[Value, ...]
    methods: Mapping[str, ast.FunctionDef] = field(repr=False)
    scope: Scope = field(repr=False)
    span: Span
    attributes: dict[str, Value] = field(default_factory=dict)
    fields: tuple[str, ...] = ()

    def method(self, name: str) -> ast.FunctionDef | None:
        """A method of the class or of its bases in the script."""
        own = self.methods.get(name)
        inherited = (one.method(name) for one in self.bases if isinstance(one, Class))
        return own or next((one for one in inherited if one is not None), None)

    def attribute(self, name: str) -> Value | None:
        """An attribute of the class or of its bases in the script."""
        if name in self.attributes:
            return self.attributes[name]
        inherited = (one.attribute(name) for one in self.bases if isinstance(one, Class))
        return next((one for one in inherited if one is not None), None)

    @property
    def is_model(self) -> bool:
        """Whether it is a subclass of Keras's models."""
        names = {base.name for base in self.bases if isinstance(base, Reference)}
        return bool(names & {"keras.Model", "keras.Sequential"}) or any(
            base.is_model for base in self.bases if isinstance(base, Class)
        )

    @property
    def all_fields(self) -> tuple[str, ...]:
        """The annotated names, those of its bases first."""
        inherited = [
            name for one in self.bases if isinstance(one, Class) for name in one.all_fields
        ]
        return tuple(dict.fromkeys((*inherited, *self.fields)))


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the script; `model` is its graph, where Keras is given one."""

    of: Class
    span: Span
    attributes: dict[str, Value] = field(default_factory=dict)
    model: Model | None = None


@dataclass(frozen=True, slots=True)
class Tensor:
    """The output of a layer: `layer` was called with `inputs`, maybe with `training=True`."""

    layer: Value
    inputs: tuple[Value, ...]
    span: Span
    training: bool = False


@dataclass(eq=False, slots=True)
class Model:
    """A Keras model: the calls of its layers in order, and how it is compiled and fitted.

    `outputs` is the graph of a functional model; of a sequential one, `layers` are its layers.
    """

    made: Call
    layers: list[Value] = field(default_factory=list)
    outputs: Value | None = None
    compiled: list[Call] = field(default_factory=list)
    fitted: list[Call] = field(default_factory=list)

    @property
    def span(self) -> Span:
        """The call that makes the model."""
        return self.made.span


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not followed, and the reason; `is_part` is a layer, or another part."""

    reason: str
    span: Span
    is_part: bool = False


Value = (
    Known
    | Items
    | Table
    | Reference
    | Call
    | Function
    | Class
    | Instance
    | Tensor
    | Model
    | Unknown
)


@dataclass(slots=True)
class Scope:
    """Names of a function or of the whole script, and those around it."""

    names: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    """The scopes of names that `global` or `nonlocal` give to another one."""

    def assign(self, name: str, value: Value) -> None:
        """Give a name its value."""
        self.elsewhere.get(name, self).names[name] = value

    def holder(self, name: str) -> Scope:
        """The innermost scope that has a name, or else this one."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope or self

    def find(self, name: str) -> Value | None:
        """The value of a name, from the innermost scope that has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None
