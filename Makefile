# `make demo`  simulates a patient and takes the case from CT to report; installs only what that needs (no torch).
# `make test`  installs everything and runs all checks.
# `make setup` is the full set-up alone; `make help` lists the rest. All of it lives in .venv; nothing else is touched.

VENV := .venv
IN_VENV := $(VENV)/bin/python
CONSTRAINTS := Testing/constraints.txt
INSTALLS := pyproject.toml $(CONSTRAINTS) Testing/install_pyradiomics.py
# The build of pyradiomics heeds the pins too. pip splits what this variable holds at blanks, so the path is a URL.
empty :=
space := $(empty) $(empty)
export PIP_CONSTRAINT := file://$(subst $(space),%20,$(subst %,%25,$(CURDIR)))/$(CONSTRAINTS)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A user's Python path and settings must not reach into the environment.
unexport PYTHONPATH PYTHONHOME

BUNDLE := ABCImmunoResponse/Resources/Models/abc-sim-1
COHORT := build/cohort

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format lists coverage model benchmark screenshots clean

help:
	@echo "make demo    simulate a patient and go through the whole workflow (demo-output/)"
	@echo "make test    run every check, style first"
	@echo "make setup   install everything into $(VENV)"
	@echo "make coverage  run the tests and show which lines none of them reaches"
	@echo "make lint    check style; make format puts the code into the project's"
	@echo "make lists   renew the file lists of ABCImmunoResponse/CMakeLists.txt"
	@echo "make model   train the bundled model anew from the simulator"
	@echo "make benchmark  time and memory of the demo's steps and of the extraction engines (Docs/performance.md);"
	@echo "                how long the panel keeps the window busy"
	@echo "make screenshots  take pictures of every step of the panel (build/screenshots), and renew those in Docs/images"
	@echo "make clean   remove what was built and installed here"

setup: $(VENV)/.all

demo: $(VENV)/.demo
	rm -rf demo-output
	$(VENV)/bin/abc-immuno-response demo --output demo-output

# A file's tests stay in one process: they share what is made once for the file.
test: $(VENV)/.all lint
	$(IN_VENV) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

coverage: $(VENV)/.all
	$(IN_VENV) -m pytest --cov --cov-report=term-missing:skip-covered

lint: $(VENV)/.all
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .

format: $(VENV)/.all
	$(IN_VENV) -m ruff check --fix .
	$(IN_VENV) -m ruff format .

lists: $(VENV)/.demo
	$(IN_VENV) Testing/Tools/list_cmake_files.py

# Same seeds, same bytes. The old bundle goes only when the new one is there.
model: $(VENV)/.all
	rm -rf $(COHORT) build/$(notdir $(BUNDLE))
	$(VENV)/bin/abc-immuno-response simulate cohort $(COHORT) --seed 2023 --engine pyradiomics
	$(VENV)/bin/abc-immuno-response train --features $(COHORT)/features.csv --outcome $(COHORT)/patients.csv \
		--output build/$(notdir $(BUNDLE)) --seed 2023
	rm -rf $(BUNDLE)
	mv build/$(notdir $(BUNDLE)) $(BUNDLE)
	$(MAKE) lists

benchmark: $(VENV)/.all
	$(IN_VENV) Testing/Benchmarks/demo_steps.py
	$(IN_VENV) Testing/Benchmarks/performance.py
	$(IN_VENV) Testing/Benchmarks/gui_responsiveness.py

screenshots: $(VENV)/.all
	$(IN_VENV) Testing/Tools/screenshots.py build/screenshots --docs

clean:
	rm -rf $(VENV) build dist demo-output htmlcov .coverage .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What reading, scoring and reporting need.
$(VENV)/.demo: $(INSTALLS) | $(VENV)/.made
	$(IN_VENV) -m pip install --quiet --editable '.[dicom,rtstruct,report]'
	touch $@

# Everything: training, and what tests hold the product against (pyradiomics is built here, with gcc).
$(VENV)/.all: $(VENV)/.demo
	$(IN_VENV) Testing/install_pyradiomics.py
	$(IN_VENV) -m pip install --quiet --editable '.[dicom,rtstruct,report,fast,train]' --group test
	sh Testing/Tools/check_qt.sh $(IN_VENV)
	touch $@

$(VENV)/.made:
	sh Testing/Tools/make_venv.sh $(VENV)
	$(IN_VENV) -m pip install --quiet --upgrade pip
	touch $@
