# SPDX-License-Identifier: GPL-2.0-or-later
# Benchmarks and fuzzing. They print figures and assert none: what counts are the ratios of one run.

bench = NOL_STAGE=$(stage) CALLS=$(CALLS) API_CPU=$(API_CPU) $(target)/release/numbers-online-bench
# Seconds for each fuzz target.
SECONDS ?= 600
# Calls for each kind of rude peer of bench-deadline.
CALLS ?= 1000
# Processor time in microseconds that the stand-in for the API spends on each answer of bench-async and bench-opensips.
API_CPU ?= 0
# What to measure; if empty, all. For bench-throughput: headings of columns. For bench-async and bench-opensips: delays of the API
# in ms, and parts of the names of rows.
ONLY ?=
fuzz_targets = answer dns headers identity network_blocked number response_signature
fuzz_work = $(target)/fuzz

.PHONY: bench
bench: bench-throughput bench-outage bench-deadline ## Run all benchmarks, in less than ten minutes

.PHONY: bench-build
bench-build: all
	$(CARGO) build --release --package numbers-online-bench

.PHONY: bench-throughput
bench-throughput: bench-build ## Calls a second, against a bare reply and against http_client
	$(bench) throughput $(ONLY)

.PHONY: bench-async
bench-async: bench-build ## Asynchronous calls a second, against http_async_client (needs make test-versions) and http_client
	$(bench) async $(ONLY)

.PHONY: bench-opensips
bench-opensips: bench-build ## Calls a second in OpenSIPS, against rest_client, and what it does with a black hole for an API
	$(bench) opensips $(ONLY)

.PHONY: bench-outage
bench-outage: bench-build ## Calls a second before, during and after an outage of the API
	$(bench) outage

.PHONY: bench-attack
bench-attack: bench-build ## Share of ordinary calls that are screened while callers try to disarm the server
	$(bench) attack

.PHONY: bench-numbers
bench-numbers: ## Nanoseconds to read a calling number and to judge whether it can exist
	$(CARGO) build --release --package numbers-online-bench
	$(bench) numbers

.PHONY: bench-lists
bench-lists: ## What a search in lists of a million numbers costs, how long a reload takes, and the memory
	$(CARGO) build --release --package numbers-online-bench
	$(bench) lists

.PHONY: bench-deadline
bench-deadline: bench-build ## How far rude peers get the function beyond its deadline (CALLS=1000 a peer)
	$(bench) deadline

# Inputs that a run finds go into $(fuzz_work). fuzz/corpus/ has the few inputs that every run starts from.
.PHONY: fuzz
fuzz: ## Fuzz everything that reads what others wrote (SECONDS=600 a target; needs rustup's nightly)
	@command -v cargo-fuzz >/dev/null || $(CARGO) install --locked cargo-fuzz
	@for name in $(fuzz_targets); do \
		mkdir -p $(fuzz_work)/corpus/$$name && \
		CARGO_TARGET_DIR=$(fuzz_work) cargo +nightly fuzz run $$name $(fuzz_work)/corpus/$$name fuzz/corpus/$$name -- \
			-max_total_time=$(SECONDS) -print_final_stats=1 || exit 1; \
	done
