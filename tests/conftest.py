"""Options of the test runs."""

import gc

import pytest
from hypothesis import settings

# The same code is tested with the same examples, on every machine and in every run: what fails can
# be run again. New examples are looked for by `make fuzz`.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")

# Tracing a graph makes objects by the ten thousand, which live on: by default Python would look
# through the new ones after each 700.
gc.set_threshold(20_000, 20, 20)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--specs N`: how many generated specs are built; `--every`: train every corrected spec."""
    parser.addoption("--every", action="store_true", help="train every corrected spec")
    parser.addoption(
        "--specs", type=int, default=40, help="how many generated specs are compiled and built"
    )
