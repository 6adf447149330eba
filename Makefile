# Two commands set everything up: `make digits` runs the main job, `make test` passes the tests.
# After the download of TensorFlow, on two cores: less than a minute, and half an hour.
# Slower machines take up to three times as long.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: digits test lint types contracts docs unit schema gallery quality bench fuzz clean

digits: $(VENV)/.installed
	$(BIN)/bnnc check specs/gallery/digits-flipout.yaml
	$(BIN)/bnnc build specs/gallery/digits-flipout.yaml -o build/digits-flipout
	rm -rf runs/digits-flipout
	$(BIN)/bnnc train build/digits-flipout --run runs/digits-flipout
	$(BIN)/bnnc evaluate runs/digits-flipout

test: lint types contracts docs unit

lint: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

contracts: $(VENV)/.installed-test
	$(BIN)/lint-imports

# build/site/index.html, with its pages from docs/, the language and the rules.
docs: $(VENV)/.installed-test
	$(BIN)/python -m docs.generator

# In four, as TensorFlow keeps some megabytes of every program that a process has trained: together the
# tests that train would grow two processes to 13 GB.
unit: $(VENV)/.installed-test
	$(BIN)/pytest -n 2 --dist loadfile -m quick
	$(BIN)/pytest -n 2 --dist loadfile -m "not quick" tests/laws
	$(BIN)/pytest -n 2 --dist loadfile -m "not quick" tests/runtime
	$(BIN)/pytest -n 2 --dist loadfile -m "not quick" --ignore tests/laws --ignore tests/runtime

# The committed JSON Schema, after a change of the language.
schema: $(VENV)/.installed
	$(BIN)/python -m bnnc.specs.schema

# Trains every spec of the gallery: about half an hour on two cores.
gallery: $(VENV)/.installed
	$(BIN)/python benchmarks/gallery.py --table benchmarks/gallery.md

# LeNet-5 on Fashion-MNIST under every method, from three seeds: hours. What is in
# benchmarks/quality.json is not trained again. MNIST is read from $BNNC_DATA_HOME/mnist.
quality: $(VENV)/.installed
	$(BIN)/python benchmarks/quality.py --table benchmarks/quality.md

# bnnc and its peers, each in an environment of its own: 20 minutes on two cores, or
# `make bench BENCH=--quick`, three.
BENCH ?= --table benchmarks/peers.md
bench: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable '.[benchmark]' --config-settings editable_mode=compat
	$(BIN)/python benchmarks/peers.py $(BENCH)

# 300,000 hostile inputs, to the front end, to what reads files, and to two processes at a time:
# 45 minutes on two cores.
fuzz: $(VENV)/.installed-test
	$(BIN)/pip install --quiet --editable '.[fuzz]' --config-settings editable_mode=compat
	$(BIN)/python benchmarks/fuzz.py --workers 2 --table benchmarks/fuzz.md

clean:
	rm -rf $(VENV) build

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[tf]' --config-settings editable_mode=compat
	touch $@

$(VENV)/.installed-test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[test]' --config-settings editable_mode=compat
	touch $@ $(VENV)/.installed
