# deps.mk - Debian packages: what building, testing and tracing need

DEPS_BUILD := gcc make pkg-config git libc6-dev libzstd-dev zlib1g-dev liblzma-dev libcapstone-dev libfyaml-dev libjansson-dev libopenblas-dev libdw-dev libcmocka-dev
DEPS_TRACE := qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
DEPS_TEST  := python3 python3-numpy python3-yaml zstd xz-utils
DEPS_PLOT  := gnuplot-nox
# Large (110 MB to download), and for one test only: it is skipped without.
DEPS_BROWSER := chromium
# Debian 12's clang-format, version 14, is the judge of the sources' layout: other versions lay out differently.
DEPS_FORMAT := clang-format

deps:
	@sh mk/deps.sh $(DEPS_BUILD) $(DEPS_TRACE) $(DEPS_PLOT) $(DEPS_TEST)

deps-browser:
	@sh mk/deps.sh $(DEPS_BROWSER)

deps-format:
	@sh mk/deps.sh $(DEPS_FORMAT)

# `make test` and `make demo` set up a fresh machine by themselves. What only tracing, drawing and a few tests need may be missing: tests
# are then skipped, and the demo uses the traces that ship and makes no report.
ensure-deps:
	@sh mk/deps.sh --quiet $(DEPS_BUILD)
	@sh mk/deps.sh --quiet $(DEPS_TRACE) $(DEPS_PLOT) $(DEPS_TEST) || echo 'note: going on without them'

# One job per processor where the user did not say.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
