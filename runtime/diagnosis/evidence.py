"""The measurements of a run, as values; TensorFlow is not imported.

Where a number cannot be measured, as the standard deviation of a deterministic kernel, it is None.
Units are nats for likelihoods and divergences, and shares from 0 to 1 otherwise.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

# The changes of trials.
SLOWER, FASTER, WITHOUT_KL = "learning rate / 10", "learning rate * 10", "without the KL"


# A model of classes is at chance from this share of the NLL of guessing on, and poor from this one
# on: short trainings are then made.
AT_CHANCE, POOR = 0.97, 0.3
# A model of numbers is if it has gained less than so many nats against guessing.
AT_CHANCE_OF_NUMBERS, POOR_OF_NUMBERS = 0.03, 0.2


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel of a layer, and its posterior.

    Attributes:
        size: numbers in it.
        inputs: the inputs of an output unit.
        rms, rms_at_start: root mean square of the means, after and before training.
        moved: norm of the change of the means, divided by their norm before training.
        gradient, gradient_at_start: norm of the gradient of the mean NLL by the means, divided by
            the norm of the means.
        scale, scale_at_start: median posterior standard deviation.
        scale_moved: mean absolute change of the logarithm of the standard deviations.
        prior_scale: standard deviation of the prior, as it was before training.
        kl: divergence from the prior.
        snr: median of |mean| / standard deviation.
        at_prior: share of the weights with a standard deviation within 10 % of the prior's and a
            mean below a third of it.
    """

    size: int
    inputs: int
    rms: float
    rms_at_start: float | None = None
    moved: float | None = None
    gradient: float | None = None
    gradient_at_start: float | None = None
    scale: float | None = None
    scale_at_start: float | None = None
    scale_moved: float | None = None
    prior_scale: float | None = None
    kl: float | None = None
    snr: float | None = None
    at_prior: float | None = None


@dataclass(frozen=True, slots=True)
class LayerEvidence:
    """A layer of the Keras model, on rows that were trained on; without them, its kernel alone.

    Attributes:
        name: of the Keras layer.
        index: its number among the placed layers of the spec.
        activation: name of its activation; None where it has none.
        output_rms: root mean square of its outputs.
        dead: share of its units (channels) that are zero for all rows and draws.
        saturated: share of its outputs at an end of the activation's range.
        noise: variance of its outputs over weight draws, divided by that over rows; 100 for more.
            None in a deterministic model.
        moving_mean_error: distance of a moving mean from the mean of the data, in standard
            deviations of the data; the root mean square over channels.
        moving_variance_ratio: geometric mean, over channels, of the moving variance divided by
            the variance of the data.
        kernel: its kernel, if it has one.
    """

    name: str
    index: int
    activation: str | None
    output_rms: float | None = None
    dead: float | None = None
    saturated: float | None = None
    noise: float | None = None
    moving_mean_error: float | None = None
    moving_variance_ratio: float | None = None
    kernel: Kernel | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """Predictions for some rows, averaged over weight draws.

    Attributes:
        rows: number of rows.
        draws: weight draws of the prediction, as the spec asks for.
        nll: mean negative log-likelihood, of at least 16 draws where draws differ.
        nll_at_draws: that of as many draws as the spec asks for, on average.
        nll_of_one_draw: that of single draws, on average.
        nll_error_of_rows: standard error of `nll` for the choice of the rows.
        nll_error_of_draws: standard error of `nll_at_draws` for the choice of the draws.
        chance_nll: NLL of guessing: of predicting every row by the frequencies of the labels, or, of
            numbers, by a normal or Poisson distribution fitted to all labels.
        is_of_numbers: whether the NLL is a density's, or of counts.
        accuracy, chance_accuracy: share of right classes, and that of the most common class.
        ece: expected calibration error, 15 bins.
        confidence: mean probability of the most likely class.
        temperature: the temperature of the logarithms of the probabilities with the lowest NLL.
        nll_at_temperature: that NLL.
        mutual_information: of label and weights.
        disagreement: share of (row, draw) whose most likely class is not that of the mixture.
        predicted: rows by their most likely class.
        labels: rows by their label.
        reordered_accuracy: the accuracy if the labels' classes were renamed in the best way.
    """

    rows: int
    draws: int
    nll: float
    nll_at_draws: float
    nll_of_one_draw: float
    nll_error_of_rows: float
    nll_error_of_draws: float
    chance_nll: float | None = None
    is_of_numbers: bool = False
    accuracy: float | None = None
    chance_accuracy: float | None = None
    ece: float | None = None
    confidence: float | None = None
    temperature: float | None = None
    nll_at_temperature: float | None = None
    mutual_information: float | None = None
    disagreement: float | None = None
    predicted: tuple[int, ...] | None = None
    labels: tuple[int, ...] | None = None
    reordered_accuracy: float | None = None

    @property
    def is_poor(self) -> bool:
        """Whether a single draw predicts the rows hardly better than guessing."""
        if self.chance_nll is None:
            return False
        if self.is_of_numbers:
            return not self.nll_of_one_draw < self.chance_nll - POOR_OF_NUMBERS
        return not self.nll_of_one_draw < POOR * self.chance_nll

    @property
    def is_at_chance(self) -> bool:
        """Whether the rows are predicted no better than by guessing."""
        if self.chance_nll is None:
            return False
        if self.is_of_numbers:
            return not self.nll < self.chance_nll - AT_CHANCE_OF_NUMBERS
        return not self.nll < AT_CHANCE * self.chance_nll


@dataclass(frozen=True, slots=True)
class Images:
    """The images that were trained on, and those held out.

    Attributes:
        low, high, mean, std: of the values of the images trained on.
        input_mean, input_std: of what the first layer of the spec gets, on the same images.
        train_rows, held_out_rows: rows that were compared.
        duplicates: share of the held-out images that are among the images trained on.
        conflicts: share of the images trained on that are also there with another label.
        neighbour_accuracy: share of the images trained on whose label is that of most of the five
            nearest other images.
        held_out_neighbour_accuracy: the same for held-out images.
        chance_accuracy: share of the most common class among the images trained on.
        shift: largest distance between the two sets, of the mean over images of their mean and of
            their standard deviation, in standard deviations over images.
        train_shares, held_out_shares: shares of the classes.
    """

    low: float
    high: float
    mean: float
    std: float
    input_mean: float
    input_std: float
    train_rows: int
    held_out_rows: int = 0
    duplicates: float | None = None
    conflicts: float | None = None
    neighbour_accuracy: float | None = None
    held_out_neighbour_accuracy: float | None = None
    chance_accuracy: float | None = None
    shift: float | None = None
    train_shares: tuple[float, ...] | None = None
    held_out_shares: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A few training steps from the first weights, with one thing changed.

    Attributes:
        change: what was changed, as "learning rate / 10"; empty for nothing.
        nll: NLL of the rows of the last steps; None if the loss was not finite.
    """

    change: str
    steps: int
    nll: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements of a run; of an ensemble, of one member, or of all members together.

    Attributes:
        member: the member, counted from 0; None of a whole run.
        epochs: epochs that the run was to have.
        history: the metrics of every epoch.
        steps_per_epoch: training steps of an epoch.
        rows: rows trained on.
        diverged: epoch in which the loss or the weights were not finite; None if they always were.
        stopped_early: whether early stopping ended the training.
        kl_weight: weight of the KL after the warm-up.
        kl_share_of_weight: weight of the KL at the last step, divided by `kl_weight`.
        learning_rate: that the training begins with, after any warm-up.
        layers: the layers of the model; empty without data.
        train, held_out: predictions for rows trained on, and for others.
        held_out_name: what the held-out rows are: "validation" or "test".
        images: the images; None without data.
        trials: short trainings with one thing changed, where the run gave reason to make them.
    """

    epochs: int
    history: tuple[dict[str, float], ...]
    steps_per_epoch: int
    rows: int
    diverged: int | None
    stopped_early: bool
    kl_weight: float
    kl_share_of_weight: float
    learning_rate: float
    layers: tuple[LayerEvidence, ...] = ()
    train: Scores | None = None
    held_out: Scores | None = None
    held_out_name: str = ""
    images: Images | None = None
    trials: tuple[Trial, ...] = ()
    member: int | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether the training can be resumed: it has not had its epochs, and nothing ended it."""
        is_ended = self.stopped_early or self.diverged is not None
        return not is_ended and 0 < len(self.history) < self.epochs

    def to_dict(self) -> dict[str, Any]:
        """The measurements as JSON has them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Evidence:
        """The measurements of a document that `to_dict` made."""
        layers = tuple(
            LayerEvidence(**{**one, "kernel": Kernel(**one["kernel"]) if one["kernel"] else None})
            for one in document["layers"]
        )
        parts = {
            name: None if document[name] is None else kind(**document[name])
            for name, kind in (("train", Scores), ("held_out", Scores), ("images", Images))
        }
        trials = tuple(Trial(**one) for one in document["trials"])
        history = tuple(document["history"])
        return cls(**{**document, **parts, "layers": layers, "trials": trials, "history": history})
