# Two commands do all the set-up on a fresh machine: `make run` and `make test`.
PYTHON ?= python3.11
BIN := .venv/bin
PORT ?= 8501
export MIXDESK_WORKSPACE ?= $(CURDIR)/workspace

.PHONY: run setup setup-dev test check format bench bench-backend clean

run: setup
	$(BIN)/python -m core demo --if-empty
	$(BIN)/streamlit run app.py --server.port $(PORT)

setup: .venv/installed

setup-dev: .venv/installed-dev

# torch goes first and alone: the version that it names then satisfies every other package's wish for it.
.venv/installed: requirements.txt
	command -v $(PYTHON) >/dev/null && $(PYTHON) -m venv .venv || python3 -m venv .venv
	$(BIN)/python -m pip install --quiet $$(grep '^torch==' requirements.txt)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

.venv/installed-dev: .venv/installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet -r tests/requirements.txt
	touch $@

test: setup-dev
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev
	$(BIN)/python tests/bench/run.py

# Training alone; on a machine with a GPU that is measured, too.
bench-backend: setup-dev
	$(BIN)/python tests/bench/bench_backend.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
