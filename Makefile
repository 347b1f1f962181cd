# `make report` and `make test` do all the set-up they need on a fresh machine.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# A file is one process's: what its tests share is made once. In the order of the folders, since the
# slow ones come early. pytest-benchmark cannot be had in several processes.
PARALLEL ?= -p no:benchmark -n 2 --dist loadfile --no-loadscope-reorder

# Simulated worlds of each calibrated part: as many as the run that is kept.
WORLDS ?= 80

.PHONY: help setup report test lint types docs tables notebooks gallery headline ladders bench calibrate sensitivity backtest \
  compression clean
help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed ## create .venv and install densing in it

$(VENV)/.installed: pyproject.toml constraints.txt scripts/find_python
	@python=$$(PYTHON="$(PYTHON)" sh scripts/find_python) && echo "using $$python" && "$$python" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --editable . --group dev --constraint constraints.txt
	@touch $@

report: setup ## the main job on the bundled evidence: writes report/index.html
	$(BIN)/densing report --out report

test: setup lint ## lint, then every test
	DENSING_SCREENSHOTS=$${DENSING_SCREENSHOTS:-screenshots} $(BIN)/python -m pytest $(PARALLEL) --durations=15

lint: setup ## style and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## static types (pyright needs node, or fetches it)
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: setup ## the documentation as a site: writes site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

tables: setup ## tables, graphs and quoted results anew, in README and docs
	$(BIN)/python scripts/write_tables.py

notebooks: setup ## run the notebooks anew, in place, with their outputs (minutes)
	$(BIN)/jupyter nbconvert --execute --inplace --to notebook --log-level=WARN \
	  --ExecutePreprocessor.record_timing=False docs/notebooks/*.ipynb

headline: report ## the headline's numbers and picture kept, from the report's run
	$(BIN)/densing summary report/run.nc --json > benchmarks/results/headline.json
	cp report/figures/headline.png docs/headline.png

ladders: setup ## every reference family's ladder fitted by itself and kept with the evidence (minutes)
	$(BIN)/python scripts/keep_ladders.py

gallery: setup ## the documentation's figures anew, from a report of the ladder model
	$(BIN)/densing report --model ladder --out ladder-report
	for figure in docs/gallery/*.svg; do cp "ladder-report/figures/$${figure##*/}" docs/gallery/; done

bench: setup ## speed and scale, with the targets beside the figures (minutes)
	$(BIN)/python -m pytest benchmarks -q -o python_files='bench_*.py' \
	  --benchmark-json=benchmarks/results/latest.json
	$(BIN)/python benchmarks/table.py benchmarks/results/latest.json

sensitivity: setup ## the answer over 110 universes of reference choices (minutes; a stopped run goes on)
	$(BIN)/densing sensitivity --out sensitivity-run
	$(BIN)/python scripts/keep_sensitivity.py sensitivity-run

backtest: setup ## forecasts as of the past, of the default and of the ladder's shapes, scored and kept (an hour; goes on)
	for model in default ladder changepoint local saturating; do \
	  $(BIN)/densing backtest --model $$model --out backtest-run || [ $$? -eq 3 ] || exit 2; \
	  cp backtest-run/backtest.json benchmarks/results/backtests/$$model.json || exit 2; \
	done  # one that is not trustworthy is kept too, and says so
	$(BIN)/densing backtest --model ladder --with changepoint --with local --with saturating --out backtest-run || [ $$? -eq 3 ]
	cp backtest-run/backtest.json benchmarks/results/backtests/shapes.json

compression: setup ## derived models beside their originals, fitted and kept (minutes)
	$(BIN)/densing fit --model ladder --set derived=true --set min_scores=1 --out derived.nc
	$(BIN)/python scripts/keep_compression.py derived.nc

calibrate: setup ## simulated worlds: coverage of every interval (hours; a stopped run goes on)
	$(BIN)/densing calibrate --worlds $(WORLDS) --out calibration-run || [ $$? -eq 3 ]  # a failed one is kept too
	cp calibration-run/calibration.json benchmarks/results/calibration.json
	$(BIN)/densing coverage --out calibration-run || [ $$? -eq 3 ]
	cp calibration-run/coverage.json benchmarks/results/coverage.json

clean: ## remove what make made
	rm -rf $(VENV) report ladder-report derived.nc site sensitivity-run backtest-run calibration-run dist .pytest_cache \
	  .ruff_cache .import_linter_cache .hypothesis .cache
