"""The figures of classes, held against scikit-learn, and the same under the bootstrap."""

import numpy as np
import pytest
import sklearn.metrics

from bnnc.runtime.evaluation import class_figures
from bnnc.runtime.evaluation.bootstrap import Statistics
from bnnc.runtime.evaluation.class_figures import evaluate_classes
from bnnc.runtime.prediction.metrics import classification_metrics
from bnnc.runtime.prediction.prediction import Observed, Prediction, entropy_of

ROWS = 400


def observed(classes: int, draws: int = 4) -> Observed:
    """Probabilities of each draw, and their mixture."""
    generator = np.random.default_rng(0)
    each = generator.dirichlet(np.full(classes, 0.5), (draws, ROWS))
    each = 0.7 * each[:1] + 0.3 * each
    probs = each.mean(axis=0).astype(np.float32)
    entropy = entropy_of(probs)
    expected = entropy_of(each.astype(np.float32)).mean(axis=0)
    votes = np.eye(classes)[each.argmax(axis=-1)].mean(axis=0).astype(np.float32)
    prediction = Prediction(probs, entropy, expected, np.maximum(entropy - expected, 0), draws)
    return Observed(prediction, votes, None)


def labels_of(made: Observed) -> np.ndarray:
    generator = np.random.default_rng(1)
    probs = made.prediction.probs.astype(np.float64)
    cumulated = np.cumsum(probs / probs.sum(axis=1, keepdims=True), axis=1)
    drawn = (generator.random((ROWS, 1)) > cumulated).sum(axis=1)
    return np.asarray(np.minimum(drawn, probs.shape[1] - 1), np.int32)


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_every_figure_that_was_there_keeps_its_name_and_value(classes: int) -> None:
    made = observed(classes)
    labels = labels_of(made)
    figures = evaluate_classes(made, labels, resamples=20)
    expected = classification_metrics(made.prediction, labels)
    assert {name: figures[name] for name in expected} == expected
    assert set(figures) == set(figures.standard_errors)
    assert ("top_5_accuracy" in figures) == (classes > 5)
    assert ("auroc" in figures) == (classes == 2)
    assert all(0 <= error < 0.2 for error in figures.standard_errors.values())


@pytest.mark.parametrize("classes", [2, 8])
def test_the_bootstrap_is_of_the_figures_that_are_given(
    classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libraries compute of the rows is what the weights give where each is 1."""
    made = observed(classes)
    labels = labels_of(made)

    def ones(statistics: Statistics, rows: int, **_: int) -> dict[str, np.ndarray]:
        return dict(statistics(np.ones((rows, 1))))

    figures = evaluate_classes(made, labels, resamples=20)
    monkeypatch.setattr(class_figures, "resampled", ones)
    drawn = evaluate_classes(made, labels, resamples=20).resampled
    values = {name: float(one[0]) for name, one in drawn.items()}
    assert values == pytest.approx(dict(figures), rel=1e-4)


def test_top_5_is_scikit_learns() -> None:
    made = observed(8)
    labels = labels_of(made)
    expected = sklearn.metrics.top_k_accuracy_score(
        labels, made.prediction.probs, k=5, labels=np.arange(8)
    )
    assert evaluate_classes(made, labels, resamples=0)["top_5_accuracy"] == expected


def test_the_table_of_the_classes_is_scikit_learns_report() -> None:
    made = observed(4)
    labels = labels_of(made)
    tables = evaluate_classes(
        made, labels, resamples=50, class_names=("ant", "bee", "cat", "dog")
    ).tables
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(
        labels, made.prediction.label
    )
    for place, row in enumerate(tables["classes"]):
        assert row["class"] == ("ant", "bee", "cat", "dog")[place]
        assert row["support"] == support[place]
        assert row["precision"] == pytest.approx(precision[place])
        assert row["recall"] == pytest.approx(recall[place])
        assert row["f1"] == pytest.approx(f1[place])
        # A share of independent rows, up to the chance that the class has more or fewer of them.
        error = np.sqrt(recall[place] * (1 - recall[place]) / support[place])
        assert row["standard_errors"]["recall"] == pytest.approx(error, rel=5 / np.sqrt(2 * 50))
    expected = sklearn.metrics.confusion_matrix(labels, made.prediction.label)
    assert tables["confusion"] == expected.tolist()


def test_the_error_of_the_accuracy_is_that_of_a_share() -> None:
    made = observed(3)
    figures = evaluate_classes(made, labels_of(made), resamples=1000)
    share = figures["accuracy"]
    expected = np.sqrt(share * (1 - share) / ROWS)
    assert figures.standard_errors["accuracy"] == pytest.approx(expected, rel=5 / np.sqrt(2000))


def test_disagreement_is_the_share_of_draws_with_another_class() -> None:
    votes = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]], np.float32)
    probs = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8]], np.float32)
    entropy = entropy_of(probs)
    made = Observed(Prediction(probs, entropy, entropy, 0 * entropy, 4), votes, None)
    figures = evaluate_classes(made, np.array([0, 0, 1]), resamples=0)
    assert figures["disagreement"] == pytest.approx((0.25 + 0.5 + 0) / 3)
    assert "error_auroc" not in figures  # no row is wrong
    assert figures.standard_errors == {}


def test_given_log_probabilities_are_the_likelihood() -> None:
    made = observed(3)
    log_probs = np.random.default_rng(2).normal(size=ROWS)
    figures = evaluate_classes(made, labels_of(made), resamples=0, log_probs=log_probs)
    assert figures["nll"] == pytest.approx(-log_probs.mean())


def test_one_row_is_evaluated() -> None:
    whole = observed(3)
    prediction = whole.prediction
    one = Prediction(
        prediction.probs[:1],
        prediction.entropy[:1],
        prediction.expected_entropy[:1],
        prediction.mutual_information[:1],
        samples=4,
    )
    figures = evaluate_classes(Observed(one, whole.votes[:1], None), np.array([1]), resamples=10)
    assert figures["accuracy"] in {0, 1}
    assert all(error < 1e-12 for error in figures.standard_errors.values())
