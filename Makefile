# Two commands do it all on a machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
DIR ?= windvane-demo
BIN := $(VENV)/bin

.PHONY: demo test check tests compat docs format clean help

help:
	@echo "make demo    install, start the local pipeline, play the demo, say where to look (Ctrl-C ends it)"
	@echo "make test    install with the tools of development; lint, types, and every test"
	@echo "make check   lint and types alone"
	@echo "make tests   the tests alone; one file: make tests ARGS=tests/stream"
	@echo "make compat  the instrumentations with the client libraries of a year ago and of today; one: make compat ARGS=openai"
	@echo "make docs    write docs/reference anew from the code"

demo: $(VENV)/local
	$(BIN)/windvane demo --dir $(DIR) $(ARGS)

# Both at once: the types take one core for a minute. Files of tests in their order, long ones in the midst.
test: $(VENV)/dev
	@$(MAKE) --no-print-directory --jobs=2 check tests

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

tests: $(VENV)/dev
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=25 $(ARGS)

compat: $(VENV)/dev
	$(BIN)/python -m tests.compat $(ARGS)

docs: $(VENV)/dev
	$(BIN)/python docs/generate.py

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "windvane needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "this Python has no venv: on Debian and Ubuntu, apt install python3-venv"; exit 1; }

$(VENV)/local $(VENV)/dev: $(BIN)/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[$(@F)]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
