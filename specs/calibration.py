"""The `calibration` section, and the sections of `prediction` that guarantee something."""

from math import ceil, log, log1p
from typing import Annotated, Literal

from pydantic import Field

from bnnc.specs.section import NonNegative, Section

CalibrationMethod = Literal["temperature", "vector", "dirichlet", "isotonic"]
SetMethod = Literal["lac", "aps", "raps"]
IntervalMethod = Literal["absolute", "normalized", "cqr"]

# Shares of the rows that rejection may leave: 5 %, 10 %, ..., all. Each is one test.
REJECTION_CANDIDATES = 20

_Coverage = Annotated[float, Field(gt=0, lt=1)]
_COVERAGE = Field(
    default=0.9, description="Share of new images for which it holds, at least, on average."
)


def rows_for_coverage(coverage: float) -> int:
    """Rows that split conformal prediction needs: with n rows, ceil((n + 1) · coverage) <= n."""
    return ceil(coverage / (1 - coverage) - 1e-9)


class Calibration(Section):
    """A map of the predicted class probabilities that is fitted to held-out rows."""

    method: CalibrationMethod = Field(
        description=(
            "`temperature` divides the logarithms of the probabilities by one number; `vector` "
            "has a factor and a bias for each class, `dirichlet` a matrix and a bias; `isotonic` "
            "is an increasing step function of each class's probability."
        )
    )


class PredictionSets(Section):
    """Sets of classes that hold the right one with a given probability (split conformal)."""

    method: SetMethod = Field(
        description=(
            "`lac`: all classes above one probability. `aps`: the most likely classes up to one "
            "total probability. `raps`: as `aps`, with a penalty on large sets."
        )
    )
    coverage: _Coverage = _COVERAGE
    penalty: NonNegative = Field(
        default=0.01, description="Of `raps`: what each class beyond `unpenalized` adds."
    )
    unpenalized: int = Field(
        default=5, ge=0, le=65_536, description="Of `raps`: classes of a set without a penalty."
    )

    @property
    def rows_needed(self) -> int:
        """Held-out rows that the coverage needs."""
        return rows_for_coverage(self.coverage)


class Rejection(Section):
    """A confidence below which images are rejected, for a limited error among the others."""

    risk: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Largest share of wrong answers among the images that are accepted."
    )
    delta: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.05,
        description="Probability, over the held-out rows, that the share is larger after all.",
    )

    @property
    def rows_needed(self) -> int:
        """Held-out rows that the risk needs, if no answer is wrong."""
        return ceil(log(self.delta / REJECTION_CANDIDATES) / log1p(-self.risk))


class PredictionInterval(Section):
    """An interval that holds each number with a given probability (split conformal)."""

    method: IntervalMethod = Field(
        description=(
            "`absolute`: mean plus or minus one number. `normalized`: mean plus or minus a "
            "multiple of the standard deviation. `cqr`: the central interval of the prediction, "
            "made wider or narrower by one number."
        )
    )
    coverage: _Coverage = _COVERAGE

    @property
    def rows_needed(self) -> int:
        """Held-out rows that the coverage needs."""
        return rows_for_coverage(self.coverage)


Guarantee = PredictionSets | Rejection | PredictionInterval


def held_out_rows_needed(guarantee: Guarantee, *, calibrates: bool) -> int:
    """Held-out rows in all: with a calibration, guarantees get the half that it is not fitted to."""
    needed = guarantee.rows_needed
    return 2 * needed - 1 if calibrates else needed


def rows_of_calibration(rows: int, *, guarantees: bool) -> int:
    """How many of the held-out rows a calibration is fitted to, if there are guarantees or not."""
    return rows // 2 if guarantees else rows
