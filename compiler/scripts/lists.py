"""Lists that change: what `append` adds to a list is seen through every name that it has."""

from __future__ import annotations

from collections.abc import Sequence

from bnnc.compiler.scripts.values import Items, Known, Unknown, Value
from bnnc.compiler.text.source import Span

CHANGES = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "__setitem__"}
)
"""Methods that change a list."""

MAX_ITEMS = 10_000


class Lists:
    """The latest items of every list that was changed."""

    def __init__(self) -> None:
        self._latest: dict[int, tuple[Value, ...] | Unknown] = {}
        self._count = 0

    def own(self, items: Items) -> Items:
        """A list as one that can be changed."""
        if items.origin is not None:
            return items
        self._count += 1
        return Items(items.items, items.span, self._count)

    def seen(self, value: Value, span: Span) -> Value:
        """A value at the place where its name stands: lists with their latest items.

        Calls, tensors and models keep their own place.
        """
        match value:
            case Known():
                return Known(value.value, span)
            case Items():  # so that `shape=SHAPE` and its value are at one place
                latest = value.items
                if value.origin is not None:
                    found = self._latest.get(value.origin, latest)
                    if isinstance(found, Unknown):
                        return Unknown(found.reason, span)
                    latest = found
                return Items(latest, span, value.origin)
        return value

    def change(self, owner: Items, how: str, args: Sequence[Value], span: Span) -> Value:
        """Call a method that changes a list. Returns: the value of the call."""
        items, result = owner.items, None
        changed: Sequence[Value] | None = None
        match how, args:
            case "append", (one,):
                changed = (*items, one)
            case "extend", (Items(items=more),):
                changed = (*items, *more)
            case "insert", (Known(value=int() as at), one):
                changed = (*items[:at], one, *items[at:])
            case "pop", () if items:
                changed, result = items[:-1], items[-1]
            case "pop", (Known(value=0),) if items:
                changed, result = items[1:], items[0]
            case "reverse", ():
                changed = items[::-1]
            case "clear", ():
                changed = ()
        if changed is None or len(changed) > MAX_ITEMS:
            self.forget(owner, "what changes this list is not known")
            return Unknown("what changes this list is not known", span)
        self.replace(owner, changed)
        return Known(None, span) if result is None else self.seen(result, span)

    def replace(self, owner: Items, items: Sequence[Value]) -> None:
        """Give a list other items."""
        if owner.origin is not None:
            self._latest[owner.origin] = tuple(items)

    def forget(self, owner: Items, reason: str) -> None:
        """Forget the items of a list."""
        if owner.origin is not None:
            self._latest[owner.origin] = Unknown(reason, owner.span)
