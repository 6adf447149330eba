"""Print the values of a list of calls as Python, as a formatter would leave them."""

from __future__ import annotations

from collections.abc import Sequence

from bnnc.compiler.backend.lowering import Call, Expression, LayerSeed, Value

WIDTH = 88
INDENT = "    "


class Name(str):
    """A variable or an expression of the emitted source, printed without quotes."""


def printed(
    value: Value, depth: int, *, prefix: str = "", suffix: str = "", variable: str = "model"
) -> str:
    """Print a value as source; exploded over lines, one argument each, where it is too wide."""
    line = flat(value) + suffix
    before = max(len("model = "), len(f"{variable} = "))
    if len(INDENT) * depth + len(prefix) + len(line) + before <= WIDTH:
        return line
    match value:
        case Call():
            inner = [
                f"{prefix}{printed(argument, depth + 1, prefix=prefix)},"
                for name, argument in value.arguments.items()
                for prefix in [_prefix(name)]
            ]
            opening, closing = f"{_target(value.target)}(", ")"
        case list() | tuple():
            inner = [f"{printed(item, depth + 1)}," for item in value]
            opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        case _:
            return line
    indented = ["\n".join(INDENT + line for line in argument.split("\n")) for argument in inner]
    return "\n".join([opening, *indented, closing + suffix])


def flat(value: Value) -> str:
    """Print a value in one line."""
    match value:
        case Name():
            return str(value)
        case Call():
            arguments = ", ".join(
                f"{_prefix(name)}{flat(one)}" for name, one in value.arguments.items()
            )
            return f"{_target(value.target)}({arguments})"
        case Expression():
            return value.text
        case LayerSeed():
            return f"bnn.layer_seed({value.seed.text}, {flat(value.layer)})"
        case list():
            return "[" + ", ".join(flat(item) for item in value) + "]"
        case tuple():
            inner = ", ".join(flat(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case str():
            # As a formatter would write it, with double quotes where that is the same string.
            quoted = repr(value)
            plain = quoted[1:-1]
            return f'"{plain}"' if quoted[0] == "'" and '"' not in plain else quoted
        case _:
            return repr(value)


def _target(target: str) -> str:
    return target.replace("bnnc.runtime.", "bnn.", 1)


def _prefix(name: str) -> str:
    """What stands before an argument: its name, or the stars of arguments that are passed on."""
    return name if name == "**" else f"{name}="


def call_of(function: str, arguments: Sequence[str], variable: str) -> str:
    """Print the call of a function of the source; exploded over lines where it is too wide."""
    line = f"{function}({', '.join(arguments)})"
    if len(f"{INDENT}{variable} = {line}") <= WIDTH:
        return line
    return "\n".join([f"{function}(", *(f"{INDENT}{one}," for one in arguments), ")"])
