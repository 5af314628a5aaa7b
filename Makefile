# make demo | make test | make check | make bench: each makes its own environment in .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check docs bench clean

help:  ## Say what each command does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml
	@echo "==> Making $(VENV) and installing (PyTorch is large: a few minutes the first time)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,examples]'
	@touch $(STAMP)

install: $(STAMP)  ## Make .venv and install the project in it

demo: $(STAMP)  ## Build the example index, link and tag the example posts, show the result
	@$(BIN)/python examples/demo.py

test: $(STAMP)  ## Run every test
	$(BIN)/python -m pytest -n auto

check: $(STAMP)  ## Lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(STAMP)  ## Build the documentation as a site in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(STAMP)  ## Measure speed and quality on the data of ../shared, where it is there
	$(BIN)/python -m benchmarks

clean:  ## Remove the environment and what the demo made
	rm -rf $(VENV) demo build *.egg-info
