"""Options of the test runs."""

import pytest
from hypothesis import settings

# The same code is tested with the same examples, on every machine and in every run: what fails can
# be run again. New examples are looked for by `make fuzz`.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--specs N`: how many generated specs are built."""
    parser.addoption(
        "--specs", type=int, default=40, help="how many generated specs are compiled and built"
    )
