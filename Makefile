# perfvec: learns what programs and processors are made of, and predicts how long any program takes on any machine.
# `make help` lists the targets. Parts live in mk/.

BUILD    ?= build$(if $(SANITIZE),-sanitize)
PREFIX   ?= /usr/local
DESTDIR  ?=
ifeq ($(origin CC),default)
CC       := gcc
endif
ARCH     ?= native
OPT      ?= -O2
WERROR   ?=
SANITIZE ?=

# Make splits its targets at spaces.
ifneq ($(words $(BUILD)),1)
$(error BUILD='$(BUILD)' must be one word: a folder without spaces in its name)
endif

include mk/config.mk

.DEFAULT_GOAL := all
.PHONY: all help deps deps-browser deps-format ensure-deps test tests demo bench fuzz install uninstall format format-check clean

all: $(BUILD)/perfvec $(BUILD)/libperfvec.a $(BUILD)/libperfvec.so $(PLUGIN)

help:
	@echo 'make            build perfvec, libperfvec and the QEMU plugin into $(BUILD)/'
	@echo 'make deps       install the Debian packages that are missing'
	@echo 'make deps-browser  chromium (110 MB), in which one test opens a report'
	@echo 'make test       build and run every test (under five minutes)'
	@echo 'make demo       trace, simulate, train and predict real programs (under six minutes); all in demo/'
	@echo '                both install missing Debian packages first, as make deps does'
	@echo 'make bench      build the benchmark programs into $(BUILD)/bench/'
	@echo 'make fuzz       run each libFuzzer target for FUZZ_SECONDS (needs clang)'
	@echo 'make install    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'
	@echo 'make format     clang-format over all sources;  make format-check only says what it would change'
	@echo 'make deps-format  clang-format, which these two need'
	@echo 'make clean      remove $(BUILD)/'
	@echo 'variables       V=1  SANITIZE=address,undefined  WERROR=1  ARCH=native|x86-64-v3|...  CC=  BUILD='

include mk/build.mk
include mk/test.mk
include mk/deps.mk
include mk/install.mk
include mk/demo.mk

format:
	@clang-format -i $(FORMAT_FILES)

format-check:
	@clang-format --dry-run --Werror $(FORMAT_FILES)

clean:
	rm -rf $(BUILD)
