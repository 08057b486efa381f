# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists what there is.

CARGO ?= cargo
# Where Kamailio keeps its own modules. The build reads its version there, `make install` adds ours.
KAMAILIO_MODULES ?= /usr/lib/$(shell gcc -print-multiarch)/kamailio/modules
# The same for OpenSIPS; empty if there is none to install into. The build needs OPENSIPS_SRC or a tree in /usr/src.
OPENSIPS_MODULES ?=

target := $(abspath $(or $(CARGO_TARGET_DIR),target))
stage := $(target)/stage
# build.rs puts the module into a directory named after the server's version, which it reads in the same file.
version = $(shell grep -saoEm1 'kamailio [0-9][^ ]* .[a-z0-9_]+/' $(KAMAILIO_MODULES)/sl.so | cut -d ' ' -f 2)
module = $(target)/release/kamailio-$(version)/numbers_online.so
library = $(target)/release/libnumbers_online.so

# The server to install for, by the version that one of its own modules names, and where it looks for modules.
modules = $(or $(OPENSIPS_MODULES),$(KAMAILIO_MODULES))
installed = $(stage)/$(if $(OPENSIPS_MODULES),opensips-$(shell grep -saoEm1 'opensips [0-9][^ ]* .[a-z0-9_]+/' \
	$(OPENSIPS_MODULES)/signaling.so | cut -d ' ' -f 2),kamailio)

# $(call stage-as,SUFFIX): the two files of the last build, side by side as a server wants them, for each server that is there.
define stage-as
	@staged=; stage() { echo "staging $$2" && rm -rf "$$2" && install -D -m 0644 -t "$$2" $(library) "$$1" && staged=1; }; \
	if [ -e $(module) ]; then stage $(module) $(stage)/kamailio$(1) || exit 1; fi; \
	for server in .deps/servers/kamailio-* $(target)/release/opensips-*; do \
		name=$${server##*/}; built=$(target)/release/$$name/numbers_online.so; \
		[ -d "$$server" ] && [ -e "$$built" ] || { rm -rf "$(stage)/$$name$(1)"; continue; }; \
		stage "$$built" "$(stage)/$$name$(1)" || exit 1; \
	done; \
	[ "$$staged" ] || { echo "no module for any server: see the warnings above" >&2; exit 1; }
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
all: ## Build for Kamailio and OpenSIPS, into target/stage/kamailio/ and opensips-VERSION/ (the default)
	$(CARGO) build --release
	$(call stage-as,)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Variables: KAMAILIO_MODULES, KAMAILIO_SRC (source tree for the headers), KAMAILIO_NEAREST, DEBIAN_MIRROR, DESTDIR, CARGO, KEEP=1 (demo),'
	@echo '  OPENSIPS_SRC (source tree of the OpenSIPS that will load the module; else every /usr/src/opensips-*),'
	@echo '  OPENSIPS_BINARY (that OpenSIPS, if it is not OPENSIPS_SRC/opensips), OPENSIPS_MODULES (make install)'

.PHONY: setup
setup: ## Install what build, demo and tests need (Debian 12; a second time it does nothing)
	.ci/setup

.PHONY: install
install: ## Put both files where Kamailio looks for modules, or OpenSIPS with OPENSIPS_MODULES=DIR (DESTDIR is honoured)
	@test -e $(installed)/numbers_online.so || { echo 'nothing to install in $(installed): run "make" first' >&2; exit 1; }
	install -d $(DESTDIR)$(modules)
	install -m 0644 $(installed)/libnumbers_online.so $(installed)/numbers_online.so $(DESTDIR)$(modules)

.PHONY: uninstall
uninstall: ## Remove both files again
	rm -f $(DESTDIR)$(modules)/numbers_online.so $(DESTDIR)$(modules)/libnumbers_online.so

.PHONY: test
test: setup ## Set up, build, and run every test, those in a real Kamailio too
	$(build-for-tests)
	NOL_STAGE=$(stage) NOL_SERVICE=$(target)/release/numbers-online-service \
		$(CARGO) test --release --workspace --no-fail-fast -- --include-ignored

.PHONY: test-versions
test-versions: setup ## The tests in a real Kamailio, and in 6.0 and 6.1 too (which are unpacked below .deps/, not installed)
	.ci/kamailio-versions
	$(build-for-tests)
	NOL_STAGE=$(stage) $(CARGO) test --release --test host --no-fail-fast -- --include-ignored --skip opensips

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
