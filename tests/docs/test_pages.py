"""Every command and snippet of the hand-written pages does what the page says."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import PAGES, ROOT, Block, blocks, commands, run_block

# Of these, a reader sees that they are no commands: a diagram, a message, a file of another tool.
KINDS = {"console", "python", "yaml", "sh", "text", "toml", "json", "lua", "elisp"}


def all_blocks(page: Path) -> list[Block]:
    return blocks(page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_prints_what_its_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    for block in all_blocks(page):
        for command in run_block(block, namespace):
            assert command.is_as_shown, f"$ {command.line}\n{command.printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    for block in all_blocks(page):
        assert block.kind in KINDS, block
        assert not re.match(r"\s*not run\s*:?\s*$", block.mark), "the reason is missing"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_console_block_begins_with_a_command(page: Path) -> None:
    for block in all_blocks(page):
        if block.kind == "console":
            assert commands(block), block.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_has_its_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
