"""What runs the pages finds a page that is wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import Command, blocks, run_block, updated


@pytest.mark.parametrize(
    ("shown", "printed", "differ", "is_right"),
    [
        ("loss 2.30  nll 1.1", "loss 2.30 nll 1.1", False, True),
        ("loss 2.30  nll 1.1", "loss 2.31  nll 1.1", False, False),
        ("loss 2.30  kl 1.2e+04", "loss 9  kl 11,052", True, True),
        ("loss 2.30", "loss nan", True, False),
        ("epoch 1\n...\nepoch 9", "epoch 1\nepoch 2\nepoch 9", False, True),
        ("epoch 1\n...\nepoch 9", "epoch 1\nepoch 2", False, False),
        ("fine", "fine, but", False, False),
    ],
)
def test_only_what_a_page_leaves_open_may_differ(
    shown: str, printed: str, differ: bool, is_right: bool
) -> None:
    assert Command("bnnc", shown, printed, differ).is_as_shown is is_right


def test_an_update_writes_the_output_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = "Before.\n\n```console\n$ echo one\n$ echo two\nwrong\n```\n\nAfter.\n"
    assert updated(page) == page.replace("one\n$", "one\none\n\n$").replace("wrong", "two")


def test_a_spec_with_errors_is_refused_unless_it_is_broken_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = "```yaml\ninput: {shape: [0]}\n```\n"
    namespace: dict[str, Any] = {}
    (wrong,) = blocks(page)
    with pytest.raises(AssertionError):
        run_block(wrong, namespace)
    (on_purpose,) = blocks(f"<!-- broken -->\n{page}")
    assert run_block(on_purpose, namespace) == []
