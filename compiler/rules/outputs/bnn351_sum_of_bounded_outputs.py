"""BNN351."""

from bnnc.compiler.analysis.output_branches import SUM, OutputBranch
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_classes import OverClasses


@rule(
    "BNN351",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def sum_of_bounded_outputs(view: View, report: Report) -> list[Diagnostic]:
    """The output is a sum of activations, none of which can be any number.

    ## What it does
    Finds a `residual` block, or a `parallel` one that adds, at the end of the layers, whose terms
    all come out of activations. The sum of a rate is let pass if it is positive.

    ## Why it is bad
    Logits and locations are any real numbers. A sum can be any if one of its terms can; where all
    are cut off below, as by `relu`, or bounded, as by `softmax`, so is the sum. Read as
    probabilities, what two branches give sums to 2.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, activation: relu}
      - {type: residual, body: [{type: dense, units: 10, activation: relu}]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, activation: relu}
      - {type: residual, body: [{type: dense, units: 10}]}
    ```
    """
    numbers, ending = view.output.numbers, view.output_branch
    if ending.activation != SUM or numbers is None or view.shares_of_several_branches:  # BNN350
        return []
    accepted = view.output.activations[numbers]
    if numbers == "rate" and _is_positive(ending, accepted):
        return []
    first, *others = ending.terms
    behind = "softmax" if isinstance(view.output, OverClasses) else accepted[0]
    changes = [(first.path, "linear")]
    if numbers in _OF_ANY_NUMBER:
        help = f"leave out `activation: {first.activation}`: one term of any number is enough"
        words = f"make the {first.activation} linear"
    else:
        other = _OF_ANY_NUMBER_INSTEAD[numbers]
        words = f"set `parameterization: {other}` and leave out `activation: {first.activation}`"
        help = f"{words}, or leave out all of them and {view.text_with_output_activation(behind)}"
        changes.append((("output", "parameterization"), other))
    return [
        report(
            view.span_of(*first.path),
            f"a sum of {_named(ending.terms)} outputs is read as {_READS[numbers]}",
            label="a term",
            related=(
                *(Label(view.span_of(*one.path), "another") for one in others),
                Label(view.span_of("output", "parameterization"), f"reads {_READS[numbers]}"),
            ),
            notes=(
                _NOTES.get(numbers, "these are any real numbers, and no term reaches all of them"),
            ),
            help=(help,),
            fixes=(view.fix_set(words, *changes),),
        )
    ]


def _is_positive(ending: OutputBranch, accepted: tuple[str, ...]) -> bool:
    """Whether no term is negative, and one is a rate by itself."""
    return any(one.activation in accepted for one in ending.terms) and all(
        one.numbers.least >= 0 for one in ending.terms
    )


def _named(terms: tuple[OutputBranch, ...]) -> str:
    return " and ".join(dict.fromkeys(one.activation for one in terms))


_OF_ANY_NUMBER = frozenset({"logits", "loc", "loc_and_unconstrained_scale", "log_rate"})
_OF_ANY_NUMBER_INSTEAD = {"probs": "logits", "rate": "log_rate"}
_READS = {
    "logits": "logits",
    "probs": "probabilities",
    "loc": "a location",
    "loc_and_unconstrained_scale": "locations and unconstrained scales",
    "log_rate": "the logarithm of a rate",
    "rate": "a rate",
}
_NOTES = {
    "probs": "probabilities lie from 0 to 1; a sum of two of them does not",
    "rate": "a rate is positive, and may be any positive number",
}
