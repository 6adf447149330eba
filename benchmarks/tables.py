"""Networks on tables of numbers, next to closed forms and to scikit-learn on the same rows.

    python benchmarks/tables.py [--splits N] [--table FILE]

Every split holds out a tenth of the rows at random. On each of them, one after the other: the
networks of `METHODS`, Bayesian linear regression and a Gaussian process of scikit-learn, or for
classes its logistic regression and its Gaussian process. NLL of numbers is that of the predictive
distribution in the labels' own units. Five minutes on two cores.
"""

import argparse
import math
import os
import statistics
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import BayesianRidge, LogisticRegression
from sklearn.preprocessing import StandardScaler

import bnnc
from benchmarks.outcomes import machine

Array = npt.NDArray[Any]
Rows = tuple[Array, Array]

NOISE = 1.0  # standard deviation of the labels of Friedman #1


def friedman1() -> Rows:
    """500 rows of 10 features, of which five count, with noise of standard deviation 1."""
    features, labels = datasets.make_friedman1(500, 10, noise=NOISE, random_state=0)
    return features, labels


NUMBERS: dict[str, Callable[[], Rows]] = {
    "diabetes": lambda: datasets.load_diabetes(return_X_y=True, scaled=False),
    "friedman1": friedman1,
}
CLASSES: dict[str, Callable[[], Rows]] = {
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "iris": lambda: datasets.load_iris(return_X_y=True),
}
# What each method says otherwise: its section, and layers and training where they differ.
METHODS: dict[str, dict[str, Any]] = {
    "flipout": {"bayesian": {"method": "flipout", "prior": {"scale": 0.5}}, "epochs": 200},
    "mc_dropout": {"bayesian": {"method": "mc_dropout"}, "dropout": 0.05, "epochs": 60},
}


def spec_of(method: str, features: int, classes: int | None, seed: int) -> dict[str, Any]:
    """One hidden layer of 50 units, as the usual benchmark of regression has it."""
    said = METHODS[method]
    output: dict[str, Any] = {
        "distribution": "normal",
        "parameterization": "loc",
        "scale": "learned",
        "labels": "real",
        "standardize_labels": True,
    }
    if classes is not None:
        output = {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": classes,
            "labels": "integer",
        }
    layers: list[dict[str, Any]] = [{"type": "dense", "units": 50, "activation": "relu"}]
    if "dropout" in said:
        layers.append({"type": "dropout", "rate": said["dropout"]})
    layers.append({"type": "dense", "units": classes or 1})
    spec = {
        "bnnc": 1,
        "name": "table",
        "input": {"shape": [features]},
        "layers": layers,
        "output": output,
        "training": {
            "batch_size": 32,
            "epochs": said["epochs"],
            "seed": seed,
            "optimizer": {"type": "adam", "learning_rate": 0.005},
        },
    }
    return spec | {"bayesian": said["bayesian"]}


def network(method: str, train: Rows, test: Rows, classes: int | None, seed: int) -> Any:
    """RMSE or accuracy, and NLL, of a network."""
    program = bnnc.compile(spec_of(method, train[0].shape[1], classes, seed))
    program.fit(*train, verbose=0)
    found = program.evaluate(*test, bootstrap=0)
    return found["rmse" if classes is None else "accuracy"], found["nll"]


def oracle(kind: str, train: Rows, test: Rows, classes: int | None) -> tuple[float, float]:
    """RMSE or accuracy, and NLL, of a model of scikit-learn, on features standardised alike."""
    scaler = StandardScaler().fit(train[0])
    known, asked = scaler.transform(train[0]), scaler.transform(test[0])
    if classes is not None:
        model: Any = LogisticRegression(max_iter=1000)
        if kind == "Gaussian process":
            model = GaussianProcessClassifier(ConstantKernel() * RBF(3.0), random_state=0)
        probs = model.fit(known, train[1]).predict_proba(asked)
        of_label = probs[np.arange(len(asked)), test[1]]
        return float((probs.argmax(axis=1) == test[1]).mean()), float(-np.log(of_label).mean())
    center, unit = train[1].mean(), train[1].std()
    model = BayesianRidge()
    if kind == "Gaussian process":
        kernel = ConstantKernel() * RBF([3.0] * known.shape[1]) + WhiteKernel()
        model = GaussianProcessRegressor(kernel, random_state=0)
    mean, std = model.fit(known, (train[1] - center) / unit).predict(asked, return_std=True)
    mean, std = center + unit * mean, unit * std
    nll = 0.5 * np.log(2 * math.pi * std**2) + (test[1] - mean) ** 2 / (2 * std**2)
    return float(np.sqrt(((test[1] - mean) ** 2).mean())), float(nll.mean())


def results(splits: int) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """Table, model, and its two figures on every split; the models of a split one after the other."""
    for name, load in {**NUMBERS, **CLASSES}.items():
        features, labels = load()
        classes = int(labels.max()) + 1 if name in CLASSES else None
        linear = "Bayesian linear regression" if classes is None else "logistic regression"
        found: dict[str, list[tuple[float, float]]] = {}
        for split in range(splits):
            order = np.random.default_rng(split).permutation(len(features))
            held_out, kept = np.split(order, [round(0.1 * len(order))])
            train, test = ((features[rows], labels[rows]) for rows in (kept, held_out))
            for method in METHODS:
                figures = network(method, train, test, classes, split)
                found.setdefault(f"bnnc, {method}", []).append(figures)
            for kind in (linear, "Gaussian process"):
                found.setdefault(f"scikit-learn, {kind}", []).append(
                    oracle(kind, train, test, classes)
                )
        yield from ((name, model, figures) for model, figures in found.items())
        if name == "friedman1":
            best = NOISE, 0.5 * math.log(2 * math.pi * math.e * NOISE**2)
            yield name, "the true function (closed form)", [best]


def cell(values: list[float]) -> str:
    """Mean and standard error over the splits."""
    mean = f"{statistics.fmean(values):.3f}"
    if len(values) == 1:
        return mean
    return f"{mean} ± {statistics.stdev(values) / math.sqrt(len(values)):.3f}"


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # of scikit-learn, at a bound of a kernel
    lines = [
        "# Tables of numbers",
        "",
        f"{machine()} One hidden layer of 50 units; a tenth of the rows held out, "
        f"{given.splits} random splits, mean ± standard error over them. All models of a split see "
        "the same rows, and standardise by the training rows alone. RMSE and NLL of numbers are in "
        "the labels' own units; of Friedman #1, whose labels are made with normal noise of standard "
        "deviation 1, no model can be better in expectation than its last row.",
        "",
        "    python benchmarks/tables.py --table benchmarks/tables.md",
        "",
        "| table | model | RMSE | accuracy | NLL |",
        "|---|---|---:|---:|---:|",
    ]
    for name, model, figures in results(given.splits):
        first, second = ([one[place] for one in figures] for place in (0, 1))
        shown = (cell(first), "") if name in NUMBERS else ("", cell(first))
        lines.append(f"| {name} | {model} | {' | '.join(shown)} | {cell(second)} |")
        print(lines[-1], flush=True)
    if given.table is not None:
        given.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
