# What a contributor runs. `make help` lists it.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LINT := $(VENV)/.lint

.DEFAULT_GOAL := help
.PHONY: help setup demo story test lint format firmware bench bench-compare bench-restart scale kills chaos fuzz cuts day figures clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# Made again when what is to be installed changes.
$(READY): pyproject.toml tools/setup.sh
	@sh tools/setup.sh $(VENV)
	@touch $@

setup: $(READY) ## install everything below, in .venv, and see to Mosquitto

demo: setup ## play with a button, three chimes and a gateway on this PC
	@$(BIN)/lovebell demo

story: setup ## watch the demo's story, unattended
	@$(BIN)/lovebell demo --story

# Most tests wait for a process rather than for the processor: three at a time, and those of the
# longest (chaos, e2e) first, as the folders stand.
test: setup ## run every test
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Only who changes the code needs these.
$(LINT): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

lint: $(LINT) ## check style and types of gateway, tools and firmware
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	sh firmware/typecheck.sh $(BIN)

format: $(LINT) ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

firmware: setup ## compile the firmware for the boards, into build/firmware
	$(BIN)/python -m simulator.build

bench: setup ## measure press to ring and to receipt against a bare echo (needs gcc)
	@$(BIN)/python -m bench

bench-compare: setup ## two results of `python -m bench --json FILE` as ratios: OLD=… NEW=…
	@$(BIN)/python -m bench.compare "$(OLD)" "$(NEW)"

scale: setup ## measure towns of many devices, growing books and a long history (needs gcc)
	@$(BIN)/python -m bench.scale

bench-restart: setup ## measure how soon 10,000 overdue calls are rung on after a restart
	@$(BIN)/python -m bench.restart

kills: setup ## the long form of the kill test: 1,000 kills, in half an hour
	LOVEBELL_KILLS=1000 $(BIN)/python -m pytest tests/e2e/test_kills.py

chaos: setup ## break everything for ten minutes and look whether a press was lost: SEED=… CHAOS_HOURS=… KILLS=… (needs gcc)
	@$(BIN)/python -m chaos

fuzz: setup ## rubbish at every door for five minutes: FUZZ_SECONDS=…
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary atheris --editable '.[test,fuzz]' || true
	@PYTHONPATH=tests:gateway:tools:firmware $(BIN)/python -m fuzz

cuts: setup ## the long form of the boards' power cuts: 300
	LOVEBELL_POWER_CUTS=150 $(BIN)/python -m pytest tests/firmware/boards/test_power_cuts.py

day: setup ## the long form of a board's day: 24 h of its own time with faults, in a quarter of an hour
	LOVEBELL_HOURS=24 $(BIN)/python -m pytest tests/firmware/boards/test_day.py

figures: setup ## measure pin to wire, and how soon the boards recover from each fault: BESIDE=… for other clients
	@$(BIN)/python -m simulator.$(if $(BESIDE),beside "$(BESIDE)",figures)

clean: ## remove what was installed and built here
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis
