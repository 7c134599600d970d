# What a contributor runs. `make help` lists it.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LINT := $(VENV)/.lint

.DEFAULT_GOAL := help
.PHONY: help setup demo story test lint format firmware bench bench-compare bench-restart scale kills chaos fuzz cuts day figures clean

# As the terminal is set: Chinese, or else English.
WORDS := $(if $(filter zh%,$(or $(LC_ALL),$(LC_MESSAGES),$(LANG))),2,3)

help: ## 列出这些|show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) \
	| awk -F ':.*## |[|]' '{printf "  make %-13s %s\n", $$1, $$$(WORDS)}'

# Made again when what is to be installed changes.
$(READY): pyproject.toml tools/setup.sh
	@sh tools/setup.sh $(VENV)
	@touch $@

setup: $(READY) ## 把下面要用的都装进 .venv，并安排好 Mosquitto|install everything below, in .venv, and see to Mosquitto

demo: setup ## 在这台电脑上玩：一个按钮、三个门铃、一个网关|play with a button, three chimes and a gateway on this PC
	@$(BIN)/lovebell demo

story: setup ## 看演示的故事，不用动手|watch the demo's story, unattended
	@$(BIN)/lovebell demo --story

# Most tests wait for a process rather than for the processor: three at a time, and those of the
# longest (chaos, e2e) first, as the folders stand.
test: setup ## 跑全部测试|run every test
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Only who changes the code needs these.
$(LINT): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

lint: $(LINT) ## 检查网关、工具、固件的风格和类型|check style and types of gateway, tools and firmware
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	sh firmware/typecheck.sh $(BIN)

format: $(LINT) ## 整理代码格式|put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

firmware: setup ## 编译板子的固件，放进 build/firmware|compile the firmware for the boards, into build/firmware
	$(BIN)/python -m simulator.build

bench: setup ## 测按铃到响铃、到“已收到”要多久，和裸的回声比（要 gcc）|measure press to ring and to receipt against a bare echo (needs gcc)
	@$(BIN)/python -m bench

bench-compare: setup ## 比较两次 `python -m bench --json 文件` 的结果：OLD=… NEW=…|two results of `python -m bench --json FILE` as ratios: OLD=… NEW=…
	@$(BIN)/python -m bench.compare "$(OLD)" "$(NEW)"

scale: setup ## 测很多设备的社区、变大的登记、很长的历史（要 gcc）|measure towns of many devices, growing books and a long history (needs gcc)
	@$(BIN)/python -m bench.scale

bench-restart: setup ## 测重启后一万件过期的求助多久继续呼叫|measure how soon 10,000 overdue calls are rung on after a restart
	@$(BIN)/python -m bench.restart

kills: setup ## 强杀测试的长版：杀 1,000 次，约半小时|the long form of the kill test: 1,000 kills, in half an hour
	LOVEBELL_KILLS=1000 $(BIN)/python -m pytest tests/e2e/test_kills.py

chaos: setup ## 把一切弄坏十分钟，看丢没丢按铃：SEED=… CHAOS_HOURS=… KILLS=…（要 gcc）|break everything for ten minutes and look whether a press was lost: SEED=… CHAOS_HOURS=… KILLS=… (needs gcc)
	@$(BIN)/python -m chaos

fuzz: setup ## 往每道门塞五分钟垃圾：FUZZ_SECONDS=…|rubbish at every door for five minutes: FUZZ_SECONDS=…
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary atheris --editable '.[test,fuzz]' || true
	@PYTHONPATH=tests:gateway:tools:firmware $(BIN)/python -m fuzz

cuts: setup ## 板子断电测试的长版：300 次|the long form of the boards' power cuts: 300
	LOVEBELL_POWER_CUTS=150 $(BIN)/python -m pytest tests/firmware/boards/test_power_cuts.py

day: setup ## 板子一天测试的长版：它自己的 24 小时，带各种故障，约一刻钟|the long form of a board's day: 24 h of its own time with faults, in a quarter of an hour
	LOVEBELL_HOURS=24 $(BIN)/python -m pytest tests/firmware/boards/test_day.py

figures: setup ## 测按下到发出、每种故障后多久恢复：BESIDE=… 和别的客户端比|measure pin to wire, and how soon the boards recover from each fault: BESIDE=… for other clients
	@$(BIN)/python -m simulator.$(if $(BESIDE),beside "$(BESIDE)",figures)

clean: ## 删掉装在这里、建在这里的东西|remove what was installed and built here
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis
