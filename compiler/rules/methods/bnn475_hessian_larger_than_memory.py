"""BNN475."""

from bnnc.compiler.analysis.budget import machine_bytes
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.layers.bnn209_too_many_weights import MOST_ELEMENTS

GIBIBYTE = 2**30
# Bytes for each element of the matrix while the posterior is fitted: the sum over the rows, the
# share of a batch and its copy, eigenvectors, LAPACK's two workspaces, the root and its copy.
FITTING_BYTES = 56


@rule("BNN475", needs=("input.shape", "layers", "bayesian"))
def hessian_larger_than_memory(view: View, report: Report) -> list[Diagnostic]:
    """The Hessian of a Laplace approximation is larger than memory.

    ## What it does
    Computes the size of the Hessian: (inputs · units)² numbers if it is `full`, inputs² + units² if
    it is `kronecker`, where the bias counts as one more input. The rule reports a fit that needs
    more memory than this machine has, or a matrix of more than 2,147,483,647 numbers, which no
    tensor can hold.

    ## Why it is bad
    The matrix is a variable of the model, so bnnc cannot even build the model on this machine.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 8192, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: laplace, layers: last, hessian: full, prior: {scale: 0.1}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 1024, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: laplace, layers: last, hessian: kronecker, prior: {scale: 0.1}}
    ```

    ## References
    - Ritter et al. 2018, A scalable Laplace approximation for neural networks
    """
    memory = machine_bytes()
    found: list[Diagnostic] = []
    for step in view.shapes.steps:
        section = view.bayesian_sections.get(step.placed.index)
        if section is None or "hessian" not in section.applied_method.fields:
            continue
        weights = step.layer.weight_shapes(step.input)
        inputs, units = weights["kernel"][0] + int("bias" in weights), weights["kernel"][-1]
        full = section.hessian == "full"
        sides = [inputs * units] if full else [inputs, units]
        needed = FITTING_BYTES * sum(side**2 for side in sides)
        too_large = max(sides) ** 2 > MOST_ELEMENTS
        if not too_large and (memory is None or needed <= memory):
            continue
        size = " and ".join(f"{side:,} × {side:,}" for side in sides)
        has = "no tensor can hold them"
        if memory is not None and not too_large:
            has = f"this machine has {memory / GIBIBYTE:,.1f}"
        found.append(
            report(
                view.span_of("bayesian", "hessian"),
                f"a Hessian of {size} numbers needs {needed / GIBIBYTE:,.1f} GiB, and {has}",
                label=f"`{section.hessian}`",
                related=(
                    Label(
                        view.span_of(*step.placed.path),
                        f"{inputs:,} inputs with the bias, {units:,} units",
                    ),
                ),
                help=(
                    ("write `hessian: kronecker`",)
                    if full
                    else ("put a narrower dense layer before it",)
                ),
                fixes=(view.fix_set("write `kronecker`", (("bayesian", "hessian"), "kronecker")),)
                if full
                else (),
            )
        )
    return found
