"""What is known of the named data sources without loading them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Rows, image shape (height, width, channels), classes, and what a raw pixel can be."""

    name: str
    rows_train: int
    rows_test: int
    shape: tuple[int, int, int]
    classes: int
    value_range: tuple[float, float]


SOURCES = {
    facts.name: facts
    for facts in (
        SourceFacts("digits", 1_437, 360, (8, 8, 1), 10, (0.0, 16.0)),
        SourceFacts("fashion-mnist", 60_000, 10_000, (28, 28, 1), 10, (0.0, 255.0)),
        SourceFacts("mnist", 60_000, 10_000, (28, 28, 1), 10, (0.0, 255.0)),
        SourceFacts("cifar10", 50_000, 10_000, (32, 32, 3), 10, (0.0, 255.0)),
        SourceFacts("cifar100", 50_000, 10_000, (32, 32, 3), 100, (0.0, 255.0)),
    )
}


# Sources of written digits: the index of a class is the number that stands in the image. Elsewhere
# it is a code, which has no order and measures nothing.
NUMERALS = frozenset({"digits", "mnist"})


def rows_trained_on(source: str, validation_split: float) -> int | None:
    """Rows of a named source that are trained on, after the split; None for a path."""
    facts = SOURCES.get(source)
    if facts is None:
        return None
    return facts.rows_train - held_out(facts.rows_train, validation_split)


def held_out(rows: int, fraction: float) -> int:
    """Rows that a validation split holds out of `rows`."""
    return round(rows * fraction)
