"""The progress bar of a training on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bnnc.cli.progress import Bar

LOGS = {"loss": 0.12345, "nll": 0.01234, "kl": 1234.5, "accuracy": 0.98765}


def shown(width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The bar after half of the first epoch."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    bar = Bar(epochs=10, steps=4)
    bar.progress.live.auto_refresh = False
    bar.on_epoch_begin(0)
    for step in range(2):
        bar.on_train_batch_end(step, LOGS)
    out = io.StringIO()
    Console(file=out, width=1000, no_color=True).print(bar.progress.get_renderable())
    return out.getvalue().rstrip()


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_bar_has_the_metrics_that_there_is_room_for(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = shown(width, monkeypatch)
    assert len(line) <= width
    assert line.startswith("epoch 1/10 ")
    assert " left" in line
    assert "loss 0.1234" in line or "loss 0.1235" in line
    assert ("accuracy 0.9877" in line) == (width >= 100)


def test_while_the_model_is_compiled_no_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = io.StringIO()
    Console(file=out, width=80).print(Bar(epochs=10, steps=4).progress.get_renderable())
    assert "compiling" in out.getvalue()
    assert "left" not in out.getvalue()
