"""Options of the test runs."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--specs N`: how many generated specs are built."""
    parser.addoption(
        "--specs", type=int, default=120, help="how many generated specs are compiled and built"
    )
