"""A folder that is filled, for tests of what is written."""

from pathlib import Path
from typing import Any

import pytest

from bnnc.system.writing import (
    whole_folder,
    write_text,
)
from tests.system.test_writing import names_in


@pytest.fixture
def filled() -> Any:
    """Fill a folder in the way of programs; says which names are in it then."""

    def fill(folder: Path) -> list[str]:
        with whole_folder(folder, replaces="manifest", last="manifest", ours={"a"}) as temporary:
            write_text(temporary / "a", "new")
            write_text(temporary / "manifest", "new")
        return names_in(folder)

    return fill
