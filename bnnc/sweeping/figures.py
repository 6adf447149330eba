"""The figures of a sweep in the order of the page, each with its caption and its table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from typing import Any

from bnnc.reporting.figure import ReportFigure
from bnnc.sweeping import plots
from bnnc.sweeping.results import (
    SweepResults,
    TrialResult,
    short_names,
    shown_figure,
    shown_value,
)
from bnnc.system.table import Table

_MOST_PARAMETERS = 12
_FEWEST_FOR_IMPORTANCE = 4


def figures(results: SweepResults) -> Iterator[ReportFigure]:
    """All figures that the sweep has something to show in."""
    if not results.complete:
        return
    names = list(results.objectives)
    for first, second in combinations(names, 2):
        yield _front(results, first, second)
    for name in names:
        yield _history(results, name)
    if any(one.epochs for one in results.trials):
        yield _epochs(results)
    if len(results.complete) > 1:
        shares = importances(results)
        if shares:
            yield _importance(results, shares)
        yield _parallel(results)
        for path in results.parameters[:_MOST_PARAMETERS]:
            yield _values(results, path, names[0])


def importances(results: SweepResults) -> dict[str, dict[str, float]]:
    """How much of the differences of each objective each parameter explains, by fANOVA.

    Of parameters that every trial has, with at least two values. Empty for too few trials.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    done = results.complete
    if len(done) < _FEWEST_FOR_IMPORTANCE:
        return {}
    found: dict[str, dict[str, float]] = {}
    for place, name in enumerate(results.objectives):
        if len({one.values[name] for one in done}) < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[name] = get_param_importances(
                results.study,
                evaluator=FanovaImportanceEvaluator(seed=0),
                target=partial(_value_at, place),
            )
    return {name: shares for name, shares in found.items() if shares}


def _value_at(place: int, trial: Any) -> float:
    return float(trial.values[place])


def _history(results: SweepResults, name: str) -> ReportFigure:
    best = results.best[0] if len(results.objectives) == 1 else None
    end = (
        ""
        if best is None
        else f" The best is {shown_figure(best.values[name])}, trial {best.number}."
    )
    return ReportFigure(
        f"history-{name}",
        "Trials",
        f"{name.replace('_', ' ')} by trial",
        f"{name} of {len(results.complete)} trials in the order of their numbers.{end}",
        "Each point is a trial. Where the orange line has been flat for many trials, more of them "
        "will change little.",
        Table(
            "",
            ("trial", name),
            tuple((str(one.number), shown_figure(one.values[name])) for one in results.complete),
            left=0,
        ),
        partial(plots.history, results, name),
    )


def _epochs(results: SweepResults) -> ReportFigure:
    seen = [one for one in results.trials if one.epochs and one.state != "given back"]
    pruned = sum(one.state == "pruned" for one in seen)
    return ReportFigure(
        "epochs",
        "Trials",
        "Validation NLL by epoch",
        f"The validation NLL by epoch of {len(seen)} trials, of which {pruned} were pruned.",
        "By single weight draws, as in training: the figures of the trials, which average many, are "
        "lower. Dotted lines end where the pruner ended the trial.",
        Table(
            "",
            ("trial", "state", "epochs", "first", "last"),
            tuple(
                (
                    str(one.number),
                    one.state,
                    str(max(one.epochs)),
                    f"{one.epochs[min(one.epochs)]:.4f}",
                    f"{one.epochs[max(one.epochs)]:.4f}",
                )
                for one in seen
            ),
            left=2,
        ),
        partial(plots.epochs, results),
    )


def _importance(results: SweepResults, shares: dict[str, dict[str, float]]) -> ReportFigure:
    paths = list(next(iter(shares.values())))
    first = next(iter(shares))
    largest = max(shares[first], key=lambda path: shares[first][path])
    return ReportFigure(
        "importance",
        "Parameters",
        "Importance of the parameters",
        f"Importance for {', '.join(shares)}. For {first} it is largest for {largest}: "
        f"{shares[first][largest]:.2f}.",
        "Share of the differences between trials that each parameter explains by itself or with "
        "others, by fANOVA (Hutter et al. 2014), over the ranges of the search. It says little after "
        "a few trials, and of parameters that only some trials have, nothing.",
        Table(
            "",
            ("parameter", *shares),
            tuple((path, *(f"{shares[name][path]:.3f}" for name in shares)) for path in paths),
        ),
        partial(plots.importance, shares),
        height=max(1.6, 0.8 + 0.42 * len(paths)),
    )


def _parallel(results: SweepResults) -> ReportFigure:
    best = _coloured(results)
    names = short_names(results.parameters)
    which = "the Pareto front" if len(results.objectives) > 1 else f"the best {len(best)}"
    return ReportFigure(
        "parallel",
        "Parameters",
        "Parallel coordinates",
        f"A line for each of {len(results.complete)} trials over {', '.join(names.values())} and "
        f"{', '.join(results.objectives)}. In colour: {which}.",
        f"Orange: {which}. Where the orange lines are close together, the value matters; where they "
        "are spread over the axis, it does not. If they gather at an end of a range, widen it.",
        Table(
            "",
            ("trial", *names.values(), *results.objectives),
            tuple(
                (
                    str(one.number),
                    *(shown_value(one.point.get(path, "")) for path in names),
                    *(shown_figure(one.values[name]) for name in results.objectives),
                )
                for one in results.ranked
            ),
            left=0,
        ),
        partial(plots.parallel, results, best),
        height=3.8,
    )


def _coloured(results: SweepResults) -> tuple[TrialResult, ...]:
    if len(results.objectives) > 1:
        return results.best
    return results.ranked[: max(1, len(results.ranked) // 5)]


def _front(results: SweepResults, first: str, second: str) -> ReportFigure:
    best = results.best
    return ReportFigure(
        f"front-{first}-{second}",
        "Pareto front",
        f"{first.replace('_', ' ')} and {second.replace('_', ' ')}",
        f"{second} over {first} of {len(results.complete)} trials; {len(best)} of them are on the "
        "Pareto front.",
        "Of a trial on the front, no other one is better in one objective without being worse in "
        "another. The numbers are those of the trials: their specs are in the folder pareto.",
        Table(
            "",
            ("trial", *results.objectives),
            tuple(
                (
                    str(one.number),
                    *(shown_figure(one.values[name]) for name in results.objectives),
                )
                for one in best
            ),
            left=0,
        ),
        partial(plots.front, results, first, second),
    )


def _values(results: SweepResults, path: str, name: str) -> ReportFigure:
    short = short_names(results.parameters)[path]
    rows = [one for one in results.ranked if path in one.point]
    return ReportFigure(
        f"values-{results.parameters.index(path)}",
        "Parameters",
        f"{name.replace('_', ' ')} over {short}",
        f"{name} of {len(rows)} trials over {path}. The best has {shown_value(rows[0].point[path])}."
        if rows
        else f"No trial has {path}.",
        "Each point is a trial, the orange square the best one. The other parameters differ too.",
        Table(
            "",
            ("trial", short, name),
            tuple(
                (str(one.number), shown_value(one.point[path]), shown_figure(one.values[name]))
                for one in rows
            ),
            left=0,
        ),
        partial(plots.values, results, path, name),
    )
