"""A survey as text for a terminal, and as an object for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bnnc.compiler.analysis.data_survey import numbers_text, range_text
from bnnc.printable import harmless
from bnnc.specs.survey import PARTS, Place, Survey
from bnnc.system.table import Table
from bnnc.system.wrapping import definitions, wrapped

# What a person reads; `--json` has all of it.
_MOST_CLASSES = 30
_MOST_COLUMNS = 100
_MOST_LISTED = 10
_MOST_FILES = 100
_LONGEST_NAME = 24
_TIMES = "\N{MULTIPLICATION SIGN}"


def as_text(survey: Survey, value_range: tuple[float, float] | None, columns: int | None) -> str:
    """What the rows show, in a few tables.

    Args:
        survey: what was seen.
        value_range: what mean and standard deviation are relative to.
        columns: of the terminal; None for a pipe.
    """
    sections = [
        _heading(survey, value_range, columns),
        *_features(survey),
        *_classes(survey, columns),
        *_listed(survey, columns),
        *(wrapped(f"note: {harmless(note)}", columns, indent="  ") for note in survey.notes),
    ]
    return "\n\n".join(sections)


def _heading(survey: Survey, value_range: tuple[float, float] | None, columns: int | None) -> str:
    rows = [("rows", ", ".join(f"{count:,} {part}" for part, count in survey.rows.items()))]
    if survey.files is not None:
        rows.append(("files", _files(survey)))
    if survey.columns:
        rows.append(("input", f"{{shape: [{len(survey.columns)}]}}"))
    else:
        rows.append(("images", f"{_shape(survey)}, {survey.dtype}"))
    if not survey.columns and survey.values is not None:
        rows.append(("values", "{:g} to {:g}".format(*survey.values)))
    if value_range is not None:
        rows.append(("input", _to_write(survey, value_range)))
    repeated = [
        f"{count:,} within {part}" if part == other else f"{count:,} of {other} also in {part}"
        for (part, other), count in survey.repeated_rows().items()
    ]
    rows.append(("duplicates", ", ".join(repeated) or "none"))
    if survey.files is not None or survey.unreadable:
        rows.append(("unreadable", f"{len(survey.unreadable):,}" if survey.unreadable else "none"))
    if survey.outside:
        rows.append(("no class", f"{len(survey.outside):,} labels are outside the classes"))
    if not survey.columns:
        rows.append(("odd", f"{len(survey.odd):,}" if survey.odd else "none"))
    return f"{harmless(survey.name)}\n\n{definitions(rows, columns)}"


def _features(survey: Survey) -> Iterator[str]:
    """A table of the features; mean and standard deviation are those of the training rows."""
    if not survey.columns:
        return
    shown = survey.columns[:_MOST_COLUMNS]
    rows = tuple(
        (
            _shortened(harmless(one.name)),
            *(f"{number:.4g}" for number in (one.low, one.high, one.mean, one.std)),
            "constant" if one.std == 0 else "",
        )
        for one in shown
    )
    heading = ("feature", "lowest", "highest", "mean", "std", "")
    text = Table("", heading, rows).text().lstrip("\n")
    more = len(survey.columns) - len(shown)
    yield f"{text}\n\n{more:,} more features; --json lists all" if more else text


def _files(survey: Survey) -> str:
    files = survey.files
    assert files is not None
    sizes = sorted(files.sizes.items(), key=lambda one: (one[0][0] * one[0][1], one[0]))
    (low, high), _ = sizes[0]
    text = f"{low} {_TIMES} {high}"
    if len(sizes) > 1:
        (low, high), _ = sizes[-1]
        text = f"{len(sizes):,} sizes from {text} to {low} {_TIMES} {high}"
    bits = " and ".join(f"{one} bits" for one in sorted(files.bits))
    kinds = {1: "gray", 3: "colour"}
    colours = ", ".join(
        f"{count:,} {kinds.get(one, one)}" for one, count in sorted(files.channels.items())
    )
    if len(files.channels) == 1:
        colours = kinds.get(next(iter(files.channels)), "")
    return f"{files.count:,} files, {text}, {bits}, {colours}"


def _shape(survey: Survey) -> str:
    if survey.shape is None:
        return "several sizes"
    return f" {_TIMES} ".join(map(str, survey.shape))


def _to_write(survey: Survey, value_range: tuple[float, float]) -> str:
    """The section `input` as one writes it for these rows."""
    mean, std = survey.standardisation(value_range)
    shape = "" if survey.shape is None else f"shape: {numbers_text(survey.shape)}, "
    return (
        f"{{{shape}value_range: {range_text(*value_range)}, mean: {numbers_text(mean)}, "
        f"std: {numbers_text(std)}}}"
    )


def _classes(survey: Survey, columns: int | None) -> Iterator[str]:
    counts = survey.label_counts
    if counts is None:
        return
    parts = [part for part in PARTS if part in counts]
    size = len(counts[parts[0]])
    totals = {part: max(sum(counts[part]), 1) for part in parts}
    chosen = list(range(size))
    below = ""
    if size > _MOST_CLASSES:
        by_rows = sorted(chosen, key=lambda one: -counts[parts[0]][one])
        half = _MOST_CLASSES // 2
        chosen = [*by_rows[:half], *by_rows[-half:]]
        below = f"The {half} commonest and the {half} rarest of {size:,} classes."
    heading = ["class"]
    for part in parts:
        heading += [part, "share"]
    rows = tuple(
        (
            _name(survey, number),
            *(
                text
                for part in parts
                for text in (
                    f"{counts[part][number]:,}",
                    f"{counts[part][number] / totals[part]:.1%}",
                )
            ),
        )
        for number in chosen
    )
    table = Table("", tuple(heading), rows).text().lstrip("\n")
    yield f"{table}\n\n{below}" if below else table


def _name(survey: Survey, number: int) -> str:
    return _shortened(harmless(survey.class_name(number)))


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _listed(survey: Survey, columns: int | None) -> Iterator[str]:
    """The rows that a person should look at, by name."""
    if survey.unreadable:
        yield _list(
            "unreadable",
            [f"{one.file}: {one.reason}" for one in survey.unreadable],
            columns,
            _MOST_FILES,
        )
    if survey.outside:
        yield _list(
            "outside the classes",
            [f"{one}: {'no class' if one.label is None else one.label}" for one in survey.outside],
            columns,
        )
    if survey.odd:
        yield _list(
            "odd images",
            [
                f"{one.place}: {one.kind}"
                + (
                    ""
                    if one.kind == "blank"
                    else f" ({_number(one.kind)} {one.value:.3g}, usually {one.usual:.3g})"
                )
                for one in survey.odd
            ],
            columns,
        )
    if survey.duplicates:
        yield _list(
            "duplicates",
            [
                " = ".join(map(_with_part, group[:4])) + " ..." * (len(group) > 4)
                for group in survey.duplicates
            ],
            columns,
        )


def _number(kind: str) -> str:
    return "standard deviation" if "contrast" in kind or "constant" in kind else "mean"


def _with_part(place: Place) -> str:
    """A row with the part that it is used in, where its name does not say it."""
    return f"{place}" if place.stored == place.part else f"{place} ({place.part})"


def _list(title: str, texts: list[str], columns: int | None, most: int = _MOST_LISTED) -> str:
    more = len(texts) - most
    lines = [wrapped(f"  {harmless(text)}", columns, indent="      ") for text in texts[:most]]
    if more > 0:
        lines.append(f"  and {more:,} more; --json lists all")
    return "\n".join([f"{title}:", *lines])


def as_object(survey: Survey, value_range: tuple[float, float] | None) -> dict[str, Any]:
    """Everything that was seen, for JSON."""
    standardised = None
    if value_range is not None:
        mean, std = survey.standardisation(value_range)
        standardised = {"value_range": list(value_range), "mean": list(mean), "std": list(std)}
    files = survey.files
    return {
        "name": survey.name,
        "rows": dict(survey.rows),
        "shape": None if survey.shape is None else list(survey.shape),
        "dtype": survey.dtype,
        "values": None if survey.values is None else list(survey.values),
        "columns": [asdict(one) for one in survey.columns],
        "mean": list(survey.mean),
        "std": list(survey.std),
        "input": standardised,
        "files": None
        if files is None
        else {
            "count": files.count,
            "sizes": [
                {"height": height, "width": width, "count": count}
                for (height, width), count in sorted(files.sizes.items())
            ],
            "bits": {str(key): count for key, count in sorted(files.bits.items())},
            "channels": {str(key): count for key, count in sorted(files.channels.items())},
        },
        "class_names": None if survey.class_names is None else list(survey.class_names),
        "label_counts": None
        if survey.label_counts is None
        else {part: list(counts) for part, counts in survey.label_counts.items()},
        "duplicates": [[_place(place) for place in group] for group in survey.duplicates],
        "unreadable": [{"file": one.file, "reason": one.reason} for one in survey.unreadable],
        "outside": [_place(place) for place in survey.outside],
        "odd": [
            {**_place(one.place), "kind": one.kind, "value": one.value, "usual": one.usual}
            for one in survey.odd
        ],
        "notes": list(survey.notes),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "part": place.part,
        "stored": place.stored,
        "row": place.row,
        "file": place.file,
        "label": place.label,
    }
