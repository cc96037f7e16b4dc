# The front door: `make` lists what there is, CMake does the work, and what is
# missing on the machine is installed first (tools/bootstrap.sh).
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Seconds for each fuzzer of `make soak`.
FUZZ_SECONDS ?= 120
# Options of bench/run.sh: --write, --only GROUP.
BENCH ?=
# Options of bench/compare.sh: --passes N; and of tools/dist/compare.sh: --engine.
COMPARE ?=

release = build/release
lunatic = $(release)/lunatic
demo = $(release)/examples/demo.wasm
wasm_cc = clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -I sdk/c/include

.DEFAULT_GOAL := help
.PHONY: help demo build test check bench compare soak site install deb dist \
	dist-check dist-aarch64 test-aarch64 test-aarch64-system lint format \
	generate clean tools lint-tools fuzz-tools bench-tools dist-tools \
	cross-tools machine-tools

help: ## this list
	@awk -F ': *|## *' '/^[a-z0-9-]+:.*## / \
		{ printf "  make %-19s %s\n", $$1, $$NF }' $(MAKEFILE_LIST)

demo: $(demo) ## compile a C guest that spawns 1,000 processes, and run it
	$(lunatic) $(demo)

build: tools ## build the program and the library, into build/release
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) \
		--target lunatic lunatic_static lunatic_shared lunatic_guest plugins \
		example_guests

test: tools ## build with asserts and run all tests
	@cmake --preset debug -DLUNATIC_WERROR=ON >/dev/null
	@cmake --build --preset debug -j $(JOBS)
	@ctest --preset debug -j $(JOBS)

check: lint test ## make lint and make test, what a change must pass

bench: build bench-tools ## run the benchmarks against their peers
	@bench/run.sh $(BENCH) $(lunatic)

compare: build bench-tools ## compare with Erlang, Go and others (a page)
	@bench/compare.sh --write $(COMPARE) $(lunatic)

soak: build fuzz-tools ## stress tests and fuzzers, for minutes to hours
	@set -e; for t in tests/soak/*.sh; do \
		[ ! -e "$$t" ] || { echo "$$t"; "$$t" $(lunatic); }; done
	@fuzz/run.sh $(FUZZ_SECONDS)

site: ## build the book from docs/ into build/site, with mdbook
	@tools/site/build.sh

# Under sudo what is built already is installed: root has no engine in its
# cache and would build another one.
install: $(if $(and $(SUDO_USER),$(wildcard $(lunatic))),,build)
install: ## install under PREFIX (/usr/local), below DESTDIR
	@DESTDIR="$(DESTDIR)" cmake --install $(release) --prefix "$(PREFIX)"

deb: build ## make a Debian package, build/lunatic_VERSION_ARCH.deb
	@tools/make-deb.sh $(release) build

dist: tools dist-tools ## packages for any x86-64 with glibc 2.31, into build/packages
	@JOBS=$(JOBS) tools/dist/dist.sh x86_64

dist-check: tools dist-tools ## build the packages twice, and compare the bytes
	@JOBS=$(JOBS) tools/dist/compare.sh x86_64 $(COMPARE)

dist-aarch64: tools cross-tools ## the same for aarch64, cross-compiled
	@JOBS=$(JOBS) tools/dist/dist.sh aarch64

test-aarch64: tools cross-tools ## unit, guest and stress tests for aarch64, in qemu-user
	@tools/dist/test-aarch64.sh

test-aarch64-system: tools cross-tools machine-tools ## some of them on a kernel for aarch64, in qemu-system
	@tools/dist/test-aarch64-system.sh

lint: lint-tools ## check formatting, includes, sizes, scripts
	@tools/lint.sh

format: lint-tools ## format our C sources in place
	@tools/lint.sh --format

generate: tools ## rewrite docs/abi.md and the guest header from the ABI table
	@cmake --preset debug >/dev/null
	@cmake --build --preset debug --target abigen
	@tests/abi/check_fresh.sh --update build/debug/abigen

clean: ## remove the build folder; the engine stays in its cache
	rm -rf build

$(demo): examples/demo/demo.c build
	@mkdir -p $(@D)
	$(wasm_cc) $< -o $@

tools:
	@tools/bootstrap.sh

lint-tools:
	@tools/bootstrap.sh --with lint

fuzz-tools:
	@tools/bootstrap.sh --with fuzz

bench-tools:
	@tools/bootstrap.sh --with bench

dist-tools:
	@tools/bootstrap.sh --with dist

cross-tools:
	@tools/bootstrap.sh --with dist --with cross

machine-tools:
	@tools/bootstrap.sh --with machine
