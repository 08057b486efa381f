# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists what there is.

CARGO ?= cargo
# Where Kamailio keeps its own modules. The build reads its version there, `make install` adds ours.
KAMAILIO_MODULES ?= /usr/lib/$(shell gcc -print-multiarch)/kamailio/modules

target := $(abspath $(or $(CARGO_TARGET_DIR),target))
stage := $(target)/stage
# build.rs puts the module into a directory named after the server's version, which it reads in the same file.
version = $(shell grep -saoEm1 'kamailio [0-9][^ ]* .[a-z0-9_]+/' $(KAMAILIO_MODULES)/sl.so | cut -d ' ' -f 2)
module = $(target)/release/kamailio-$(version)/numbers_online.so
library = $(target)/release/libnumbers_online.so

# $(call stage-as,SUFFIX): the two files of the last build, side by side as a server wants them, for each server that is there.
define stage-as
	@test -e $(module) || { echo "no module for Kamailio in $(KAMAILIO_MODULES): see the warning above" >&2; exit 1; }
	install -d $(stage)/kamailio$(1)
	install -m 0644 $(library) $(module) $(stage)/kamailio$(1)
	@for server in .deps/servers/kamailio-*; do \
		name=$${server##*/}; into=$(stage)/$$name$(1); \
		[ -d "$$server" ] || continue; \
		rm -rf "$$into"; \
		[ -e $(target)/release/$$name/numbers_online.so ] || continue; \
		echo "staging $$into"; \
		install -D -m 0644 -t "$$into" $(library) $(target)/release/$$name/numbers_online.so || exit 1; \
	done
endef

# Everything that the tests load and start.
define build-for-tests
	$(CARGO) build --release --features deliberate-panic
	$(call stage-as,-panic)
	$(CARGO) build --release
	$(call stage-as,)
	$(CARGO) build --release --package numbers-online-service
endef

# Set-up comes before what needs it, and Cargo uses every core by itself.
.NOTPARALLEL:

.PHONY: all
all: ## Build for the installed Kamailio, into target/stage/kamailio/ (the default)
	$(CARGO) build --release
	$(call stage-as,)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Variables: KAMAILIO_MODULES, KAMAILIO_SRC (source tree for the headers), KAMAILIO_NEAREST, DEBIAN_MIRROR, DESTDIR, CARGO, KEEP=1 (demo)'

.PHONY: setup
setup: ## Install what build, demo and tests need (Debian 12; a second time it does nothing)
	.ci/setup

.PHONY: install
install: ## Put both files where Kamailio looks for modules (DESTDIR and KAMAILIO_MODULES are honoured)
	@test -e $(stage)/kamailio/numbers_online.so || { echo 'nothing to install: run "make" first' >&2; exit 1; }
	install -d $(DESTDIR)$(KAMAILIO_MODULES)
	install -m 0644 $(stage)/kamailio/libnumbers_online.so $(stage)/kamailio/numbers_online.so $(DESTDIR)$(KAMAILIO_MODULES)

.PHONY: uninstall
uninstall: ## Remove both files again
	rm -f $(DESTDIR)$(KAMAILIO_MODULES)/numbers_online.so $(DESTDIR)$(KAMAILIO_MODULES)/libnumbers_online.so

.PHONY: test
test: setup ## Set up, build, and run every test, those in a real Kamailio too
	$(build-for-tests)
	NOL_STAGE=$(stage) NOL_SERVICE=$(target)/release/numbers-online-service \
		$(CARGO) test --release --workspace --no-fail-fast -- --include-ignored

.PHONY: test-versions
test-versions: setup ## The tests in real servers, on Kamailio 6.0 and 6.1 too (which are unpacked below .deps/, not installed)
	.ci/kamailio-versions
	$(build-for-tests)
	NOL_STAGE=$(stage) $(CARGO) test --release --test host --no-fail-fast -- --include-ignored

.PHONY: check
check: ## Format, lints and documentation, without a warning
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps

.PHONY: demo
demo: setup all ## Send real calls through a real Kamailio and show what becomes of them (KEEP=1: leave it running)
	$(CARGO) build --release --package numbers-online-service
	NOL_STAGE=$(stage) NOL_SERVICE=$(target)/release/numbers-online-service KEEP=$(KEEP) tests/demo/run

.PHONY: clean
clean: ## Remove what was built
	$(CARGO) clean

.PHONY: distclean
distclean: clean ## Remove the Kamailio headers and other versions too
	rm -rf .deps

include benches/bench.mk
