"""The verdict on a run, in a paragraph: how good, how calibrated, what it does not know."""

from __future__ import annotations

from math import floor, log10

from bnnc.reporting.results import RunResults
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.figures.of_other_images import best_score

# A gap is named if it is larger than so many standard errors.
_STANDARD_ERRORS = 2.0


def verdict(run: RunResults) -> list[str]:
    """Sentences, in the order of what a reader wants to know first."""
    evaluation = run.evaluation
    if "accuracy" in evaluation:
        told = [_of_classes(run), _calibration(evaluation), _selection(evaluation)]
    elif "rmse" in evaluation:
        told = [_of_numbers(run), _intervals(evaluation)]
    else:
        told = [_of_label_sets(run)]
    told += [_detection(evaluation, name) for name in evaluation.ood]
    told += [_corruptions(evaluation)]
    return [_joined(one) for one in (*told, _findings(run)) if one]


def _joined(sentence: str) -> str:
    """The sentence, with each number on one line with its standard error and its unit."""
    space = "\N{NO-BREAK SPACE}"
    return sentence.replace(" %", f"{space}%").replace(" ± ", f"{space}±{space}")


def plus_minus(evaluation: Evaluation, name: str, form: str = ".4f") -> str:
    """A figure with its standard error, where it has one."""
    error = evaluation.standard_errors.get(name)
    shown = f"{evaluation[name]:{form}}"
    return shown if error is None else f"{shown} ± {error:{form}}"


def _percent(evaluation: Evaluation, name: str) -> str:
    error = evaluation.standard_errors.get(name)
    shown = f"{100 * evaluation[name]:.1f}"
    return f"{shown} %" if error is None else f"{shown} ± {100 * error:.1f} %"


def _rounded(evaluation: Evaluation, name: str) -> str:
    """A figure in the units of the label: two digits of its standard error, and as many places."""
    value, error = evaluation[name], evaluation.standard_errors.get(name)
    if not error:
        return f"{value:.3g}"
    places = max(1 - floor(log10(error)), 0)
    return f"{value:.{places}f} ± {error:.{places}f}"


def _on(run: RunResults) -> str:
    return f"{int(run.evaluation['rows']):,} test images"


def _of_classes(run: RunResults) -> str:
    evaluation = run.evaluation
    return (
        f"{_percent(evaluation, 'accuracy')} of {_on(run)} are classified right; always guessing the "
        f"most common class gives {100 * evaluation['baseline_accuracy']:.1f} %. The negative "
        f"log-likelihood is {plus_minus(evaluation, 'nll', '.3f')} nats an image."
    )


def mean_confidence(evaluation: Evaluation) -> float:
    """Mean probability of the most likely class, from the reliability table."""
    bins = [one for one in evaluation.tables["reliability"] if one["rows"]]
    rows = sum(one["rows"] for one in bins)
    return float(sum(one["rows"] * one["confidence"] for one in bins) / rows)


def _calibration(evaluation: Evaluation) -> str:
    confidence = mean_confidence(evaluation)
    gap = confidence - evaluation["accuracy"]
    error = evaluation.standard_errors.get("accuracy", 0.0)
    means = f"its mean confidence is {100 * confidence:.1f} %"
    if abs(gap) <= _STANDARD_ERRORS * error:
        leaning = f"On the whole it is neither too confident nor too cautious: {means}."
    elif gap > 0:
        leaning = f"It is too confident: {means}."
    else:
        leaning = f"It is too cautious: {means}."
    return (
        f"Its confidence and its accuracy are {_percent(evaluation, 'ece')} apart, on average over "
        f"the bins of the reliability diagram (ECE). {leaning}"
    )


def _selection(evaluation: Evaluation) -> str:
    if evaluation["accuracy"] == 1:
        return "It makes no errors on these images, so how it ranks its errors cannot be told."
    told = (
        f"If it answers only its most confident 80 %, {_percent(evaluation, 'risk_at_80_coverage')} "
        "of the answers are wrong"
    )
    if "error_auroc" in evaluation:
        told += (
            "; its confidence tells its errors from its right answers with an AUROC of "
            f"{plus_minus(evaluation, 'error_auroc', '.3f')}"
        )
    return f"{told}."


def _of_numbers(run: RunResults) -> str:
    evaluation = run.evaluation
    return (
        f"On {_on(run)} the predicted mean is off by {_rounded(evaluation, 'rmse')} (RMSE), "
        f"in the units of the label. The negative log-likelihood is "
        f"{plus_minus(evaluation, 'nll', '.3f')} nats an image, the CRPS "
        f"{_rounded(evaluation, 'crps')}."
    )


def _intervals(evaluation: Evaluation) -> str:
    covered, error = evaluation["coverage_90"], evaluation.standard_errors.get("coverage_90", 0.0)
    if abs(covered - 0.9) <= _STANDARD_ERRORS * error:
        leaning = "which is what they promise"
    elif covered < 0.9:
        leaning = "fewer than they promise: it is too certain"
    else:
        leaning = "more than they promise: it is too cautious"
    return (
        f"Its 90 % intervals hold {_percent(evaluation, 'coverage_90')} of the labels, {leaning}."
    )


def _of_label_sets(run: RunResults) -> str:
    evaluation = run.evaluation
    return (
        f"On {_on(run)} it gives {_percent(evaluation, 'binary_accuracy')} of the single labels "
        "right; the more common value of each label gives "
        f"{100 * evaluation['baseline_binary_accuracy']:.1f} %. All labels of an image are right for "
        f"{_percent(evaluation, 'subset_accuracy')}. The negative log-likelihood is "
        f"{plus_minus(evaluation, 'nll', '.3f')} nats an image, the ECE "
        f"{_percent(evaluation, 'ece')}."
    )


def _detection(evaluation: Evaluation, name: str) -> str:
    found = evaluation.ood[name]
    if found["is_training_data"]:
        return f"{name} is the data of its training: nothing of it is out of distribution."
    score = best_score(evaluation, name)
    values = found["scores"][score]
    error = values["standard_errors"].get("auroc")
    auroc = f"{values['auroc']:.3f}" + ("" if error is None else f" ± {error:.3f}")
    return (
        f"It tells the {found['rows']:,} images of {name} from the test images with an AUROC of "
        f"{auroc}, by {score.replace('_', ' ')}; 0.5 is chance."
    )


def _corruptions(evaluation: Evaluation) -> str:
    if not evaluation.shift:
        return ""
    figure = "accuracy" if "accuracy" in evaluation else "nll"
    worst = (min if figure == "accuracy" else max)(
        evaluation.shift, key=lambda name: float(evaluation.shift[name][figure][-1])
    )
    end = evaluation.shift[worst][figure][-1]
    told = (
        f"Of the corruptions, {worst.replace('_', ' ')} harms it most: "
        f"{'the accuracy falls' if figure == 'accuracy' else 'the NLL rises'} from "
        f"{evaluation[figure]:.3f} to {end:.3f} in severity 5"
    )
    if "ece" in evaluation.shift[worst]:
        told += f", and the ECE goes from {evaluation['ece']:.3f} to "
        told += f"{evaluation.shift[worst]['ece'][-1]:.3f}"
    return f"{told}."


def _findings(run: RunResults) -> str:
    found = run.diagnosis.diagnostics
    if not found:
        return "bnnc doctor finds nothing wrong with the run."
    first = "; ".join(f"{one.message} ({one.code})" for one in found[:2])
    more = len(found) - 2
    return f"bnnc doctor finds: {first}" + (f"; and {more} more." if more > 0 else ".")
