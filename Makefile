# Every target works alone on a fresh clone, in any order, and twice in a row.
#
#   make demo           simulate, train, evaluate, predict: the whole tour in a few minutes
#   make test           all tests but those that start Ray or Spark, or install the wheel
#   make test-cluster   those that start Ray or Spark
#   make test-wheel     builds the wheel, installs it in an empty environment, predicts
#   make lint           ruff and mypy
#   make bench          the benchmark on real data; needs UMKM_REAL_DATA=FOLDER
#   make starter        trains models/starter, the model of the package, anew; needs UMKM_REAL_DATA=FOLDER
#   make clean          remove what the other targets wrote, except .venv
#
# PIP_ARGS goes to every pip install. On Linux without a GPU, PyTorch's CPU index saves gigabytes:
#   make test PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?=

INSTALL := .venv/bin/python -m pip install --quiet -c constraints.txt $(PIP_ARGS)
PYTEST := .venv/bin/python -m pytest
# The demo runs inside demo/, so that its model, its report and its tracked run all lie there.
UMKM := ../.venv/bin/umkm

.PHONY: demo test test-cluster test-wheel lint bench starter clean real-data

demo: .venv/.stamp-demo
	mkdir -p demo
	rm -rf demo/market demo/unseen demo/report
	cd demo && $(UMKM) simulate --rows 800 --out market
	cd demo && $(UMKM) simulate --rows 400 --seed 1 --out unseen
	cd demo && $(UMKM) train market/listings.csv --out model --overwrite
	cd demo && $(UMKM) evaluate model unseen/listings.csv --out report
	cd demo && $(UMKM) predict model --title "Kain batik tulis motif parang, pewarna alami" --price "Rp450.000"
	@echo
	@echo "What came out (a simulated market: its figures say that the parts work, not how well they do on yours):"
	@echo "  demo/market, demo/unseen   two markets of made-up listings, with the truth in truth.csv"
	@echo "  demo/model                 the trained model"
	@echo "  demo/report                how it did on the unseen market: open demo/report/report.html"
	@echo "The last answer above is its opinion of one listing. Next: . .venv/bin/activate; umkm train YOUR.csv --out models/mine"

test: .venv/.stamp-dev
	$(PYTEST) -m "not cluster and not wheel" $(PYTEST_ARGS)

# Looks first whether there is such a test: pytest ends with 5 when it finds none, and that is no failure.
test-cluster: .venv/.stamp-dev
	@status=0; $(PYTEST) -m cluster --collect-only -q >/dev/null 2>&1 || status=$$?; \
	if [ $$status -eq 5 ]; then echo "test-cluster: no test is marked 'cluster' yet"; \
	else set -x; $(PYTEST) -m cluster $(PYTEST_ARGS); fi

test-wheel: .venv/.stamp-dev
	$(PYTEST) -m wheel $(PYTEST_ARGS)

lint: .venv/.stamp-dev
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: real-data .venv/.stamp-dev
	.venv/bin/python benchmarks/origin.py --data "$(UMKM_REAL_DATA)"

# One thread, so that two runs add up in the same order and write the same bytes.
starter: real-data .venv/.stamp-base-train
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv/bin/python models/make_starter.py --data "$(UMKM_REAL_DATA)"

real-data:
	@test -d "$(UMKM_REAL_DATA)" || { echo "make: UMKM_REAL_DATA must be the folder of the real tables," \
	"found '$(UMKM_REAL_DATA)'. Run: make $(firstword $(MAKECMDGOALS)) UMKM_REAL_DATA=FOLDER (docs/data.md says how to" \
	"get them)" >&2; exit 2; }

clean:
	rm -rf demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find umkm_classifier tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp per set of packages: touched after the install succeeded, stale when the wishes or the pins change.
.venv/.stamp-venv:
	$(PYTHON) -m venv .venv
	touch $@

.venv/.stamp-base-train: .venv/.stamp-venv pyproject.toml constraints.txt
	@echo "installing umkm-classifier[train] into .venv ..."
	$(INSTALL) -e '.[train]'
	touch $@

.venv/.stamp-demo: .venv/.stamp-base-train
	@echo "installing umkm-classifier[train,deep] into .venv (with torch, which exports the image encoder once) ..."
	$(INSTALL) -e '.[train,deep]'
	touch $@

.venv/.stamp-dev: .venv/.stamp-demo
	@echo "installing umkm-classifier[train,deep,dev] into .venv (with torch; a minute or more) ..."
	$(INSTALL) -e '.[train,deep,dev]'
	touch $@
