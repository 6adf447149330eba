"""BNN220."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.constraints import ConstraintSection, NonNeg


@rule("BNN220", needs=("input.shape", "layers"))
def constraint_over_other_axes(view: View, report: Report) -> list[Diagnostic]:
    """`axis` of a constraint names an axis that the kernel does not have.

    ## What it does
    Compares `axis` of `max_norm` and `unit_norm` with the axes of the kernel: a dense layer has 2,
    a `conv2d` has 4.

    ## Why it is bad
    The model would be built, and then fail in its first training step.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, kernel_constraint: {type: max_norm, axis: [0, 1, 2]}}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, kernel_constraint: {type: max_norm}}
      - {type: dense, units: 10}
    ```
    """
    found: list[Diagnostic] = []
    for step in view.shapes.steps:
        layer, shape = step.layer, step.input
        kernels = {
            name: size
            for name, size in layer.weight_shapes(shape).items()
            if name.endswith("kernel")
        }
        for field in type(layer).model_fields:
            constraint = getattr(layer, field)
            if not isinstance(constraint, ConstraintSection) or isinstance(constraint, NonNeg):
                continue
            kernel = kernels.get(field.replace("constraint", "kernel")) or kernels["kernel"]
            axes = getattr(constraint, "axis", 0)
            axes = axes if isinstance(axes, list) else [axes]
            if max(axes) < len(kernel) and len(set(axes)) == len(axes):
                continue
            inputs = list(range(len(kernel) - 1))
            right = str(inputs[0] if len(inputs) == 1 else inputs)
            path = (*step.placed.path, field, "axis")
            found.append(
                report(
                    view.span_of(*path),
                    f"the kernel of `{layer.type}` does not have these axes",
                    label=f"the kernel has {len(kernel)} axes, from 0 to {len(kernel) - 1}",
                    help=(f"write `axis: {right}`, which gives one norm for each output",),
                    fixes=(view.fix_set(f"write `axis: {right}`", (path, right)),),
                )
            )
    return found
