"""Objectives, sampler and pruner of a search that contradict each other or the spec (BNN123)."""

from __future__ import annotations

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.searching.findings.bnn123_search_that_cannot_run import search_that_cannot_run
from bnnc.compiler.searching.space import Space
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Mapping, Path, find, find_entry
from bnnc.specs.outputs import OutputSection
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.specs.search import CLASSES, COSTS, LABEL_SETS, NUMBERS, OBJECTIVES, Search

MOST_GRID_POINTS = 100_000

# The options of each sampler and pruner; those of the others have no effect.
_OPTIONS = {
    "sampler": {"startup_trials": ("tpe", "cmaes"), "population_size": ("nsga2",)},
    "pruner": {
        "startup_trials": ("median",),
        "warmup_epochs": ("median",),
        "min_epochs": ("successive_halving", "hyperband"),
        "reduction_factor": ("successive_halving", "hyperband"),
    },
}


def kind_of(output: OutputSection) -> str:
    """The kind of a spec's predictions, as objectives are told apart by it."""
    if output.labels in {"real", "count"}:
        return NUMBERS
    return LABEL_SETS if isinstance(output, IndependentBernoulli) else CLASSES


def contradictions(
    search: Search, space: Space, tree: Mapping, output: OutputSection
) -> list[Diagnostic]:
    """What cannot go together, a finding each."""
    return [
        *_of_objectives(search, tree, kind_of(output)),
        *_of_pruner(search, tree),
        *_of_options(search, tree),
        *_of_sampler(search, space, tree),
    ]


def _span(tree: Mapping, path: Path) -> Span:
    node = find(tree, path)
    while node is None and path:
        path = path[:-1]
        node = find(tree, path)
    return tree.first_place if node is None or not path else node.span


def _of_objectives(search: Search, tree: Mapping, kind: str) -> list[Diagnostic]:
    found = []
    for number, name in enumerate(search.objectives):
        span = _span(tree, ("objectives", number))
        if name in search.objectives[:number]:
            found.append(
                search_that_cannot_run(
                    span,
                    f"the objective `{name}` is named twice",
                    label="the same objective",
                    help="delete one of the two",
                )
            )
        elif name in OBJECTIVES and kind not in OBJECTIVES[name][1]:
            those = [one for one, (_, kinds) in OBJECTIVES.items() if kind in kinds]
            found.append(
                search_that_cannot_run(
                    span,
                    f"predictions of this spec have no `{name}`",
                    label="not a figure of its output",
                    help=f"write one of: {', '.join(f'`{one}`' for one in those)}",
                )
            )
    if all(name in COSTS for name in search.objectives):
        found.append(
            search_that_cannot_run(
                _span(tree, ("objectives",)),
                "no objective says how good the model is",
                label="costs alone",
                help="add `nll`: the smallest model is the best otherwise",
            )
        )
    return found


def _of_pruner(search: Search, tree: Mapping) -> list[Diagnostic]:
    if search.pruner is None or search.pruner.type == "none" or len(search.objectives) == 1:
        return []
    objectives = _span(tree, ("objectives",))
    return [
        search_that_cannot_run(
            _span(tree, ("pruner",)),
            f"a search of {len(search.objectives)} objectives is not pruned",
            label="compares trials by one number",
            related=(Label(objectives, "several objectives"),),
            notes=("Optuna's pruners have no meaning for several objectives",),
            help="delete `pruner`, or name one objective",
        )
    ]


def _of_options(search: Search, tree: Mapping) -> list[Diagnostic]:
    found = []
    for section, options in _OPTIONS.items():
        kind = search.sampler.type if section == "sampler" else search.pruning.type
        for option, kinds in options.items():
            entry = find_entry(tree, (section, option))
            if entry is not None and kind not in kinds:
                listed = " and ".join(f"`{one}`" for one in kinds)
                found.append(
                    search_that_cannot_run(
                        entry.key_span,
                        f"`{option}` has no effect on `{kind}`",
                        label=f"an option of {listed}",
                        help=f"delete it, or write `type: {kinds[0]}`",
                    )
                )
    return found


def _of_sampler(search: Search, space: Space, tree: Mapping) -> list[Diagnostic]:
    kind, span = search.sampler.type, _span(tree, ("sampler",))
    if kind == "grid":
        return _of_grid(space, span)
    if kind == "cmaes":
        chosen = [one for one in space.variables if one.choices]
        if len(search.objectives) > 1:
            return [
                search_that_cannot_run(
                    span,
                    "`cmaes` has one objective",
                    label="a sampler of one objective",
                    help="write `sampler: nsga2` or `sampler: tpe`",
                )
            ]
        if chosen:
            return [
                search_that_cannot_run(
                    span,
                    "`cmaes` searches ranges, and would draw choices at random",
                    label="a sampler of numbers",
                    related=tuple(Label(one.span, "choices") for one in chosen[:3]),
                    help="write `sampler: tpe`",
                )
            ]
    return []


def _of_grid(space: Space, span: Span) -> list[Diagnostic]:
    endless = [one for one in space.variables if one.grid() is None]
    conditional = [one for one in space.variables if one.when]
    if endless:
        return [
            search_that_cannot_run(
                span,
                "a grid needs the values of every parameter",
                label="tries every combination",
                related=tuple(Label(one.span, "a range without a step") for one in endless[:3]),
                help="write `choices`, or a `step`",
            )
        ]
    if conditional:
        return [
            search_that_cannot_run(
                span,
                "a grid has every combination, and so no conditions",
                label="tries every combination",
                related=tuple(Label(one.span, "a condition") for one in conditional[:3]),
                help="delete `when`, or write `sampler: tpe`",
            )
        ]
    size = space.grid_size() or 0
    if size > MOST_GRID_POINTS:
        return [
            search_that_cannot_run(
                span,
                f"the grid has {size:,} points",
                label=f"more than {MOST_GRID_POINTS:,}",
                help="write larger steps or fewer choices, or `sampler: tpe`",
            )
        ]
    return []
