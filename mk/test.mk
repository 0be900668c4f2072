# test.mk - tests, fuzz targets, benchmarks
#
# tests/unit/u_*.c, tests/scenario/NNN_*.c, tests/golden/g_*.c, tests/grad/d_*.c   cmocka programs, one each
# tests/fuzz/f_*.c         LLVMFuzzerTestOneInput; `make test` runs them briefly through tests/fuzz/driver.c over tests/fuzz/corpus/<name>/
# tests/cli/<command>/<case>.sh   scripts, with the expected output in <case>.out
# tests/oracle/oracle.c    build/tests/oracle FOLDER holds the models against PyTorch states; tests/oracle.sh runs it
# tests/*.sh               checks of the tree itself
# examples/*.c             programs of the public interface alone; tests/cli/example/ and tests/install.sh run them

TEST_SRC := $(sort $(wildcard tests/unit/u_*.c tests/scenario/[0-9]*.c tests/golden/g_*.c tests/grad/d_*.c))
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
TEST_AUX := $(sort $(wildcard tests/support/*.c))
TEST_AUX_OBJ := $(TEST_AUX:%.c=$(BUILD)/obj/%.o)
FUZZ_SRC := $(sort $(wildcard tests/fuzz/f_*.c))
FUZZ_BIN := $(FUZZ_SRC:%.c=$(BUILD)/%)
BENCH_SRC := $(sort $(wildcard bench/*.c))
BENCH_BIN := $(BENCH_SRC:%.c=$(BUILD)/%)
EXAMPLE_SRC := $(sort $(wildcard examples/*.c))
EXAMPLE_BIN := $(EXAMPLE_SRC:%.c=$(BUILD)/%)
FUZZ_SECONDS ?= 20

ORACLE := $(BUILD)/tests/oracle

test: ensure-deps
	@$(MAKE) --no-print-directory $(JOBS) tests
	@tests/run.sh $(BUILD)

# Everything that the tests run.
tests: all $(TEST_BIN) $(FUZZ_BIN) $(ORACLE) $(EXAMPLE_BIN)

$(TEST_BIN): $(BUILD)/%: %.c $(TEST_AUX_OBJ) $(BUILD)/libperfvec.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(TEST_AUX_OBJ) $(BUILD)/libperfvec.a $(LDLIBS) -lcmocka

$(ORACLE): tests/oracle/oracle.c $(BUILD)/libperfvec.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libperfvec.a $(LDLIBS)

# Tests the inline kernels as the library compiles them.
$(BUILD)/tests/unit/u_nn_activations: CFLAGS += $(KERNEL_CFLAGS)

$(TEST_AUX_OBJ): CPPFLAGS += -Itests

$(FUZZ_BIN): $(BUILD)/%: %.c tests/fuzz/driver.c $(BUILD)/libperfvec.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< tests/fuzz/driver.c $(BUILD)/libperfvec.a $(LDLIBS)

# What an outside program has: the public headers and the library.
$(EXAMPLE_BIN): $(BUILD)/%: %.c $(BUILD)/libperfvec.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -Iinclude $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/libperfvec.a $(LDLIBS)

bench: all $(BENCH_BIN)

$(BENCH_BIN): $(BUILD)/%: %.c $(TEST_AUX_OBJ) $(BUILD)/libperfvec.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(TEST_AUX_OBJ) $(BUILD)/libperfvec.a $(LDLIBS)

# Coverage-guided fuzzing with clang's libFuzzer, in a build folder of its own.
fuzz:
	@for f in $(FUZZ_SRC); do \
	  name=$$(basename $$f .c); mkdir -p build-fuzz/corpus/$$name; \
	  clang $(CPPFLAGS) -Itests -std=c17 -O1 -g -fsanitize=fuzzer,address,undefined -o build-fuzz/$$name $$f $(LIB_SRC) $(LDLIBS) || exit 1; \
	  echo "== $$name"; \
	  build-fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 build-fuzz/corpus/$$name $$(ls -d tests/fuzz/corpus/$$name 2>/dev/null) || exit 1; \
	done

-include $(ORACLE:=.d) $(TEST_BIN:=.d) $(FUZZ_BIN:=.d) $(BENCH_BIN:=.d) $(EXAMPLE_BIN:=.d) $(TEST_AUX_OBJ:.o=.d)
