"""The table of `benchmarks/doctor.py`: what is named in runs with a fault, and in runs without."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from benchmarks.doctor_quantities import QUANTITIES
from benchmarks.gallery import gallery
from benchmarks.planted import FAULTS
from bnnc.compiler.analysis.view_making import view_of
from bnnc.compiler.diagnosis.case import Case

Record = dict[str, Any]
Diagnosed = Callable[[Record], tuple[Any, Any, list[Any]]]

COMMANDS = """\
    python benchmarks/doctor.py measure build/doctor.jsonl
    python benchmarks/doctor.py follow build/doctor.jsonl
    python benchmarks/doctor.py table build/doctor.jsonl --table benchmarks/doctor.md
"""


def write_table(
    machine: str,
    records: Mapping[str, Record],
    followed: Mapping[str, Record],
    diagnosed: Diagnosed,
) -> str:
    """The Markdown of all runs in a file."""
    found = {key: [one.code for one in diagnosed(one)[2]] for key, one in records.items()}
    names = {fault.name for fault in FAULTS}
    faulty = {key: codes for key, codes in found.items() if records[key]["of"] in names}
    right = {key: codes for key, codes in found.items() if key not in faulty}
    return "\n".join(
        [
            "# What `bnnc doctor` finds\n",
            f"{machine} Digits (1,437 rows) and 2,000 rows of Fashion-MNIST in turn; the network, "
            "the method and the size of the fault are drawn by the seed. Thresholds were chosen on "
            "other seeds.\n",
            COMMANDS,
            *_faults(records, faulty),
            *_right(records, right, followed),
            *_thresholds(records, names, diagnosed),
        ]
    )


def _faults(records: Mapping[str, Record], found: Mapping[str, list[str]]) -> list[str]:
    lines = [
        "## Planted faults\n",
        "The share of runs in which a finding that names the fault is the first, or one of the first "
        "two.\n",
        "| fault | findings that name it | runs | first | first or second | otherwise found |",
        "|---|---|---:|---:|---:|---|",
    ]
    total: Counter[str] = Counter()
    for fault in FAULTS:
        of = [codes for key, codes in found.items() if records[key]["of"] == fault.name]
        if not of:
            continue
        first = sum(bool(set(codes[:1]) & set(fault.codes)) for codes in of)
        either = sum(bool(set(codes[:2]) & set(fault.codes)) for codes in of)
        others = Counter(
            codes[0] if codes else "nothing"
            for codes in of
            if not set(codes[:2]) & set(fault.codes)
        )
        total += Counter(runs=len(of), first=first, either=either)
        said = ", ".join(f"{code} ({count})" for code, count in others.most_common())
        lines.append(
            f"| {fault.name} | {', '.join(fault.codes)} | {len(of)} | {first} | {either} | {said} |"
        )
    if total:
        lines.append(
            f"| all | | {total['runs']} | {total['first']} ({total['first'] / total['runs']:.1%}) | "
            f"{total['either']} ({total['either'] / total['runs']:.1%}) | |"
        )
    return [*lines, ""]


def _right(
    records: Mapping[str, Record], found: Mapping[str, list[str]], followed: Mapping[str, Record]
) -> list[str]:
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for key in found:
        kinds[records[key]["of"].split()[0]].append(key)
    names = {
        "planted": "the specs that faults are planted into",
        "random": "random specs that the checker has no finding about",
        "gallery": "the gallery",
    }
    lines = [
        "## Runs without a planted fault\n",
        "A finding is right if the first change that it proposes lowers the held-out NLL of a new "
        "training, and false otherwise; of a calibration, that of each half of the held-out rows with "
        "the temperature of the other half; of too few weight draws (BNN834), the standard "
        "error of the NLL by the draws. A finding without a change, or that was not followed, counts "
        "as false.\n",
        "| runs | number | with a finding | right | false | share false |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    total: Counter[str] = Counter()
    for kind, keys in kinds.items():
        wrong = [key for key in keys if found[key]]
        right = [key for key in wrong if _is_right(followed.get(key))]
        total += Counter(runs=len(keys), found=len(wrong), right=len(right))
        false = len(wrong) - len(right)
        lines.append(
            f"| {names.get(kind, kind)} | {len(keys)} | {len(wrong)} | {len(right)} | {false} | "
            f"{false / len(keys):.1%} |"
        )
    false = total["found"] - total["right"]
    if total["runs"]:
        lines.append(
            f"| all | {total['runs']} | {total['found']} | {total['right']} | {false} | "
            f"{false / total['runs']:.1%} |"
        )
    missing = sorted(set(gallery()) - {records[key]["of"].partition(" ")[2] for key in found})
    if missing:
        lines += ["", f"Of the gallery, {', '.join(missing)} were not trained."]
    lines += [
        "",
        "The first finding of each of them, and what following it did:\n",
        "| run | findings | change | held-out NLL before | after |",
        "|---|---|---|---:|---:|",
    ]
    for key in found:
        if not found[key]:
            continue
        one = followed.get(key) or {}
        change = one.get("change") or "none" if key in followed else "not followed"
        change = change.replace("|", "\\|")
        numbers = [f"{one[name]:.3f}" if one.get(name) else "" for name in ("before", "after")]
        lines.append(f"| {key} | {', '.join(found[key])} | {change} | {' | '.join(numbers)} |")
    return [*lines, ""]


def _thresholds(records: Mapping[str, Record], names: set[str], diagnosed: Diagnosed) -> list[str]:
    cases = {}
    for key, record in records.items():
        report, evidence, _ = diagnosed(record)
        cases[key] = Case(view_of(report.accepted(), report.tree), evidence[-1])
    lines = [
        "## Thresholds\n",
        "What a symptom measures: in the runs with the fault that it names, and in those without a "
        "planted fault. Several conditions have to hold for a finding; the pages list them.\n",
        "| finding | number | threshold | with the fault: lowest | median | highest | without: "
        "lowest | median | highest |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in QUANTITIES:
        of = {fault.name for fault in FAULTS if one.code in fault.codes}
        cells = []
        for wanted in (of, None):
            keys = [
                key
                for key, record in records.items()
                if (record["of"] in wanted if wanted is not None else record["of"] not in names)
            ]
            numbers = sorted(number for key in keys if (number := one.of(cases[key])) is not None)
            if numbers:
                cells += [f"{number:.3g}" for number in (numbers[0], median(numbers), numbers[-1])]
            else:
                cells += ["", "", ""]
        lines.append(f"| {one.code} | {one.name} | {one.threshold} | {' | '.join(cells)} |")
    return [*lines, ""]


def _is_right(one: Record | None) -> bool:
    return bool(one and one.get("after") is not None and one["after"] < one["before"])
