"""BNN803."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix

# `benchmarks/doctor.md`: root mean square that the first layer gets.
SMALLEST_STD, LARGEST_RMS = 0.03, 10.0


@symptom(
    "BNN803",
    explains=(
        "BNN805", "BNN812", "BNN817", "BNN818", "BNN815", "BNN820", "BNN821", "BNN811", "BNN830", "BNN813",
        "BNN835", "BNN836", "BNN839",
    ),
)  # fmt: skip
def inputs_badly_scaled(case: Case, report: Report) -> list[Diagnostic]:
    """The first layer gets values that are almost constant, or very large.

    ## What it does
    Measures the images after `input.value_range`, `mean` and `std` were applied, and the features of
    a table after their standardisation. It reports a standard deviation below 0.03, and a root mean
    square above 10.

    ## Why it is bad
    Initial weights and learning rates are made for inputs with a variance near 1. Inputs that hardly
    vary give outputs that hardly vary, and need thousands of steps. Inputs of 100 saturate bounded
    activations, and make every step too long.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16], mean: 0.5, std: 0.01}
    training: {optimizer: {type: adam, learning_rate: 0.001}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16], mean: 0.31, std: 0.38}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```
    """
    images = case.evidence.images
    if images is None:
        return []
    rms = (images.input_mean**2 + images.input_std**2) ** 0.5
    if images.input_std >= SMALLEST_STD and rms <= LARGEST_RMS:
        return []
    view = case.view
    if view.input.is_table:
        return [_of_a_table(case, report)]
    low, high = view.input.value_range
    mean, std = ((one - low) / (high - low) for one in (images.mean, images.std + low))
    is_small = images.input_std < SMALLEST_STD
    name = "std" if view.is_explicit("input", "std") else "value_range"
    if is_small and name == "value_range":
        remedy = (
            f"the images have values from {images.low:g} to {images.high:g}: write that range as "
            "`value_range`, if no image can have others"
        )
        fixes: tuple[Fix, ...] = ()
    else:
        remedy = f"write `mean: {mean:.2g}` and `std: {std:.2g}`, those of the training images"
        fixes = (
            view.fix_set(
                remedy.split(",")[0],
                (("input", "mean"), f"{mean:.2g}"),
                (("input", "std"), f"{std:.2g}"),
            ),
        )
    return [
        report(
            case.place("input", name),
            "the first layer gets inputs that hardly vary"
            if is_small
            else "the first layer gets very large inputs",
            label=f"after it, mean {images.input_mean:.3g} and standard deviation "
            f"{images.input_std:.3g}",
            notes=(
                f"values of the training images: {images.low:g} to {images.high:g}, mean "
                f"{images.mean:.3g}, standard deviation {images.std:.3g}",
            ),
            help=(remedy,),
            fixes=fixes,
        )
    ]


def _of_a_table(case: Case, report: Report) -> Diagnostic:
    """The finding about features, which are standardised unless the spec says otherwise."""
    view, images = case.view, case.evidence.images
    assert images is not None
    remedy = "write `standardize: true`, which takes mean and deviation from the training rows"
    fixes: tuple[Fix, ...] = (
        view.fix_set("write `standardize: true`", (("input", "standardize"), "true")),
    )
    if view.input.standardize:
        remedy = "look for features that are the same in nearly all rows, and leave them out"
        fixes = ()
    return report(
        case.place("input", "standardize" if not view.input.standardize else "shape"),
        "the first layer gets inputs that hardly vary"
        if images.input_std < SMALLEST_STD
        else "the first layer gets very large inputs",
        label=f"mean {images.input_mean:.3g} and standard deviation {images.input_std:.3g}",
        help=(remedy,),
        fixes=fixes,
    )
