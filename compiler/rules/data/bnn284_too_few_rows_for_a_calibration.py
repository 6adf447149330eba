"""BNN284."""

from bnnc.compiler.analysis.held_out_rows import validation_rows
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.calibration import rows_of_calibration

# Measured with LeNet-like networks on Fashion-MNIST and the digits, ten classes each: below these
# rows, the test NLL is higher than that of the temperature.
_ROWS_OF_A_CLASS = 500  # isotonic
_ROWS_OF_A_NUMBER = 5  # dirichlet, which has classes · (classes + 1) of them


@rule(
    "BNN284",
    needs=("calibration", "prediction", "data", "output.distribution", "output.labels"),
    severity="warning",
)
def too_few_rows_for_a_calibration(view: View, report: Report) -> list[Diagnostic]:
    """An isotonic or Dirichlet calibration has too few rows for what it fits.

    ## What it does
    Counts the rows that a calibration is fitted to: the validation rows, or half of them if the spec
    also has guarantees. Reports fewer than 500 for each class with `isotonic`, and fewer than 5 for
    each of the classes · (classes + 1) numbers of `dirichlet`.

    ## Why it is bad
    The calibration fits the noise of the rows, and the probabilities of other images become worse
    than with one temperature. On Fashion-MNIST, test NLL by the rows that are fitted to:

    - temperature: 0.332 with 200 rows, 0.330 with 5,000
    - dirichlet: 0.348 with 200 rows, 0.333 with 500, 0.306 with 5,000
    - isotonic: 0.718 with 200 rows, 0.429 with 1,000, 0.330 with 5,000

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32}
    calibration: {method: isotonic}
    data: {source: digits, validation_split: 0.2}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32}
    calibration: {method: temperature}
    data: {source: digits, validation_split: 0.2}
    ```

    ## References
    - Niculescu-Mizil and Caruana 2005, Predicting Good Probabilities with Supervised Learning
    - Kull et al. 2019, arXiv:1910.12656
    """
    rows = validation_rows(view)
    classes = getattr(view.output, "classes", 2)
    if view.calibration is None or not rows or not isinstance(classes, int):
        return []
    method = view.calibration.method
    needed = {
        "isotonic": _ROWS_OF_A_CLASS * classes,
        "dirichlet": _ROWS_OF_A_NUMBER * classes * (classes + 1),
    }.get(method, 0)
    used = rows_of_calibration(rows, guarantees=bool(view.prediction.guarantees))
    if used >= needed:
        return []
    return [
        report(
            view.span_of("calibration", "method"),
            f"`{method}` with {classes} classes needs about {needed:,} rows, and there are {used:,}",
            label="fits the noise of the rows",
            related=(Label(view.span_of("data"), f"holds out {rows:,} rows"),),
            help=("write `method: temperature` or `method: vector`, or hold out more rows",),
        )
    ]
