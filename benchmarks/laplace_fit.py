"""Earn the threshold from which the fit of a Laplace approximation is warned of.

    python benchmarks/laplace_fit.py [--table FILE]

Networks of the digits, trained for a few epochs and to nearly no loss, with and without weight
decay, under scales of the prior that are given and that the evidence chooses. Compared is the
negative log-likelihood of held-out training rows before and after the fit. Rows that the table has
already are not trained again.
"""

import argparse
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

import bnnc
from benchmarks.outcomes import machine, on
from bnnc.runtime.training.fit_comparison import FitWarning

HELD_OUT = 0.2
HEAD = """| prior scale | weight decay | epochs | Hessian | chosen scale | NLL before | NLL after | warned of |
|---|---:|---:|---|---:|---:|---:|---|"""


@dataclass(frozen=True)
class Trial:
    """One row."""

    scale: str | float
    decay: float
    epochs: int
    hessian: str

    @property
    def key(self) -> str:
        """The cells of the row that say what was trained."""
        return f"| {self.scale} | {self.decay:g} | {self.epochs} | {self.hessian} |"

    def spec(self) -> dict[str, Any]:
        """The network."""
        optimizer: dict[str, Any] = {"type": "adam", "learning_rate": 0.003}
        if self.decay:
            optimizer |= {"type": "adamw", "weight_decay": self.decay}
        return {
            **on("digits"),
            "layers": [
                {
                    "type": "conv2d",
                    "filters": 16,
                    "kernel_size": 3,
                    "padding": "same",
                    "activation": "relu",
                },
                {"type": "max_pooling2d", "pool_size": 2},
                {"type": "flatten"},
                {"type": "dense", "units": 64, "activation": "relu"},
                {"type": "dense", "units": 32, "activation": "relu"},
                {"type": "dense", "units": 10},
            ],
            "bayesian": {
                "method": "laplace",
                "layers": "last",
                "hessian": self.hessian,
                "prior": {"scale": self.scale},
            },
            "training": {"optimizer": optimizer, "batch_size": 64, "epochs": self.epochs},
            "data": {"source": "digits", "validation_split": HELD_OUT},
        }


TRIALS = [
    Trial(scale, decay, epochs, hessian)
    for scale, decay, epochs in (
        ("learned", 0.0, 5),
        ("learned", 0.0, 40),
        ("learned", 0.01, 40),
        ("learned", 0.1, 40),
        ("learned", 0.3, 40),
        (1.0, 0.0, 40),
        (0.3, 0.0, 40),
        (0.2, 0.0, 40),
        (0.1, 0.0, 40),
    )
    for hessian in ("kronecker", "full")
]


def row(trial: Trial) -> str:
    """The row of the table."""
    program = bnnc.compile(trial.spec())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program.fit()
    comparison = program.model.fit_comparison
    assert comparison is not None
    chosen = program.model.layers[-1].current_prior_scale.numpy()
    warned = any(issubclass(one.category, FitWarning) for one in caught)
    keras.backend.clear_session()
    return (
        f"{trial.key} {chosen:.3g} | {comparison.nll_before:.3f} | {comparison.nll_after:.3f} "
        f"| {'yes' if warned else '–'} |"
    )


def main() -> None:
    """Train what the table lacks, and write it anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, help="the Markdown table to write")
    table: Path | None = parser.parse_args().table
    old = table.read_text(encoding="utf-8").splitlines() if table and table.exists() else []
    rows: list[str] = []
    for trial in TRIALS:
        known = next((line for line in old if line.startswith(trial.key)), None)
        rows.append(known or row(trial))
        print(rows[-1], flush=True)
    if table:
        text = f"""# When a Laplace approximation fits

{machine()} A convolution and three dense layers on the digits, Adam or AdamW with a learning rate of 0.003; the posterior of the last layer. Negative log-likelihood of a fifth of the training rows, held out, in nats a row, before the fit and after it, with {bnnc.runtime.training.fit_comparison.DRAWS} weight draws. bnnc warns of a fit that raises it by more than {bnnc.runtime.training.fit_comparison.LARGEST_RISE:g}.

    python benchmarks/laplace_fit.py --table benchmarks/laplace_fit.md

{HEAD}
"""
        table.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
