# config.mk - flags and file lists

# V=1 shows whole commands.
Q   := $(if $(V),,@)
say  = @$(if $(V),:,printf '  %-4s %s\n' $(1) $(2))

PKGS := libzstd zlib liblzma capstone libfyaml jansson openblas libdw libelf
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wno-sign-conversion

# Queried once a run; `make deps` and `make help` work without the packages.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
ifeq ($(PKG_LIBS),)
ifneq ($(filter-out help deps deps-browser deps-format ensure-deps test demo clean uninstall format format-check,$(or $(MAKECMDGOALS),all)),)
$(error pkg-config does not find all of: $(PKGS); 'make deps' installs what is missing)
endif
endif

CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc $(PKG_CFLAGS)
CFLAGS   += -std=c17 $(OPT) -g -fPIC -fvisibility=default $(WARN) $(if $(ARCH),-march=$(ARCH)) -fno-math-errno -pthread
CFLAGS   += $(if $(WERROR),-Werror) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS  += $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LDLIBS   += $(PKG_LIBS) -lm -pthread

LIB_SRC  := $(sort $(wildcard src/*/*.c src/*/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CLI_SRC  := $(sort $(wildcard cli/*.c))
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/obj/%.o)

# The plugin runs inside QEMU: no sanitizer, no library of ours.
PLUGIN_SRC := $(sort $(wildcard tracer/qemu/*.c))
PLUGIN     := $(if $(PLUGIN_SRC),$(BUILD)/libperfvec-qemu.so)

FORMAT_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)

# Numeric kernels: loops over activations and parameters are vectorised, with fused multiply-add where the machine has it. Results are still
# those of the source's order of operations: no -ffast-math.
KERNEL_CFLAGS := -O3 -ffp-contract=fast -fno-trapping-math
KERNEL_CFLAGS += $(if $(findstring x86_64,$(shell $(CC) -dumpmachine 2>/dev/null)),-mprefer-vector-width=512)
$(BUILD)/obj/src/nn/%.o: CFLAGS += $(KERNEL_CFLAGS)
