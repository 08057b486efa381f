# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists the targets.

CARGO ?= cargo
# Where Kamailio keeps its own modules: apt's directory, or else that of one built from source. The build reads the server's
# version there, `make install` adds our module, and the tests start the program of the same prefix. c_shim/build/kamailio_places.rs
# and tests/testbed look at the same places in the same order.
kamailio_places = $(addsuffix /kamailio/modules,/usr/lib/$(shell gcc -print-multiarch) /usr/lib64 /usr/local/lib64 /usr/local/lib)
KAMAILIO_MODULES ?= $(or $(patsubst %/sl.so,%,$(firstword $(wildcard $(addsuffix /sl.so,$(kamailio_places))))),$(firstword $(kamailio_places)))
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
reference = $(modules)/$(if $(OPENSIPS_MODULES),signaling.so,sl.so)
installed = $(stage)/$(if $(OPENSIPS_MODULES),opensips-$(shell grep -saoEm1 'opensips [0-9][^ ]* .[a-z0-9_]+/' \
	$(OPENSIPS_MODULES)/signaling.so | cut -d ' ' -f 2),kamailio)
# $(call stamp,FILE): the server that a module is for, as in "kamailio 5.6.3 (x86_64/linux)".
stamp = $(shell grep -saoEm1 '(kamailio|opensips) [0-9][^ ]* [(][a-z0-9_]+/[a-z0-9_]+[)]' $(1) | head -n 1)

# The files that decide which modules are built, and for which server. Cargo compares modification times, but those of a tree or
# package are from the machine where it was packed. The time of the last status change (%z) is of this machine.
# The build watches the list. It changes only if one of these files does.
usr_src = /usr/src
watched = $(KAMAILIO_MODULES)/sl.so .deps/servers/kamailio-*/usr/lib/*/kamailio/modules/sl.so \
	$(usr_src)/kamailio-*/src/modules/sl/sl.so \
	$(addsuffix /src/core/ver_defs.h,$(KAMAILIO_SRC) .deps/kamailio-* $(usr_src)/kamailio-*) $(OPENSIPS_BINARY) \
	$(foreach file,sr_module.h Makefile.defs Makefile.conf opensips,$(addsuffix /$(file),$(OPENSIPS_SRC) $(usr_src)/opensips-*))
define notice-servers
	@mkdir -p $(target) && cd $(CURDIR) && { stat -c '%n %z %s' $(watched) 2>/dev/null || true; } >$(target)/servers.new && \
	if cmp -s $(target)/servers.new $(target)/servers; then rm $(target)/servers.new; else mv $(target)/servers.new $(target)/servers; fi
endef

# $(call stage-as,SUFFIX): copies the two files of the last build into one directory for each server.
# Directories of servers that were not built this time are removed: their modules would look like those of this build.
define stage-as
	@staged=' '; stage() { echo "staging $$2" && rm -rf "$$2" && install -D -m 0644 -t "$$2" $(library) "$$1" && staged="$$staged$$2 "; }; \
	if [ -e $(module) ]; then stage $(module) $(stage)/kamailio$(1) || exit 1; fi; \
	for built in $(target)/release/kamailio-*/numbers_online.so $(target)/release/opensips-*/numbers_online.so; do \
		[ -e "$$built" ] && [ "$$built" != '$(module)' ] || continue; \
		name=$${built%/*}; \
		stage "$$built" "$(stage)/$${name##*/}$(1)" || exit 1; \
	done; \
	for old in $(stage)/*; do \
		case $$old in *-panic) kind=-panic;; *) kind=;; esac; \
		[ -d "$$old" ] && [ "$$kind" = "$(1)" ] || continue; \
		case "$$staged" in *" $$old "*) ;; *) echo "removing $$old" && rm -rf "$$old" || exit 1;; esac; \
	done; \
	[ "$$staged" != ' ' ] || { echo "no module for any server: see the warnings above" >&2; exit 1; }
endef

# Everything that the tests load and start.
define build-for-tests
	$(notice-servers)
	$(CARGO) build --release --features deliberate-panic
	$(call stage-as,-panic)
	$(CARGO) build --release
	$(call stage-as,)
	$(CARGO) build --release --package numbers-online-service
endef

# Prerequisites run in order: setup comes first. Cargo uses all cores by itself.
.NOTPARALLEL:

.PHONY: all
all: ## Build for Kamailio and OpenSIPS, into target/stage/kamailio/ and opensips-VERSION/, and the program numbers-online (the default)
	$(notice-servers)
	$(CARGO) build --release
	$(call stage-as,)
	$(CARGO) build --release --package numbers-online-cli

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Variables: KAMAILIO_MODULES (the modules of the Kamailio to build for and to test with, e.g. /opt/kamailio/lib64/kamailio/modules),'
	@echo '  KAMAILIO and KAMCMD (its programs, if they are not in sbin/ of the same prefix), KAMAILIO_SRC (source tree for the headers;'
	@echo '  a Kamailio that was built in its tree, /usr/src/kamailio-*, gets a module of its own),'
	@echo '  KAMAILIO_NEAREST, DEBIAN_MIRROR, DESTDIR, CARGO, KEEP=1 (demo),'
	@echo '  OPENSIPS_SRC (source tree of the OpenSIPS that will load the module; else every /usr/src/opensips-*),'
	@echo '  OPENSIPS_BINARY (that OpenSIPS, if it is not OPENSIPS_SRC/opensips), OPENSIPS_MODULES (make install),'
	@echo '  DSIPROUTER_SRC (source tree of dSIPRouter, for tests; else the last /usr/src/dsiprouter-*)'

.PHONY: setup
setup: ## Install what build, demo and tests need (Debian 12; a second time it does nothing)
	.ci/setup

.PHONY: install
install: ## Put both files where Kamailio looks for modules, or OpenSIPS with OPENSIPS_MODULES=DIR (DESTDIR is honoured)
	@test -e $(installed)/numbers_online.so || { echo 'nothing to install in $(installed): run "make" first' >&2; exit 1; }
	@[ '$(call stamp,$(reference))' ] && [ '$(call stamp,$(installed)/numbers_online.so)' = '$(call stamp,$(reference))' ] || { \
		echo 'not installed: the module in $(installed) is for $(or $(call stamp,$(installed)/numbers_online.so),no server), $(reference) is of $(or $(call stamp,$(reference)),no server)' >&2; exit 1; }
	install -d $(DESTDIR)$(modules)
	install -m 0644 $(installed)/libnumbers_online.so $(installed)/numbers_online.so $(DESTDIR)$(modules)

.PHONY: uninstall
uninstall: ## Remove both files again
	rm -f $(DESTDIR)$(modules)/numbers_online.so $(DESTDIR)$(modules)/libnumbers_online.so

.PHONY: test
test: setup ## Set up, build, and run every test, those in a real Kamailio too
	$(build-for-tests)
	NOL_STAGE=$(stage) NOL_SERVICE=$(target)/release/numbers-online-service tests/summarized $(target)/tests.log \
		$(CARGO) test --release --workspace --no-fail-fast -- --include-ignored

.PHONY: test-versions
test-versions: setup ## The tests in a real Kamailio, and in 6.0 and 6.1 too (which are unpacked below .deps/, not installed)
	.ci/kamailio-versions
	$(build-for-tests)
	NOL_STAGE=$(stage) tests/summarized $(target)/tests.log \
		$(CARGO) test --release --test host --no-fail-fast -- --include-ignored --skip opensips

.PHONY: check
check: ## Format, lints and documentation, without a warning
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps

.PHONY: number-table
number-table: ## Make the tables of number/ anew from the metadata in rlibphonenumber (docs/numbers.md)
	$(CARGO) run --package numbers-online-number-generator

.PHONY: demo
demo: setup all ## Send real calls through a real Kamailio and show what becomes of them (KEEP=1: leave it running)
	$(CARGO) build --release --package numbers-online-service
	KAMAILIO_MODULES=$(KAMAILIO_MODULES) NOL_STAGE=$(stage) NOL_SERVICE=$(target)/release/numbers-online-service KEEP=$(KEEP) tests/demo/run

.PHONY: clean
clean: ## Remove what was built
	$(CARGO) clean

.PHONY: distclean
distclean: clean ## Remove the Kamailio headers and other versions too
	rm -rf .deps

include benches/bench.mk
