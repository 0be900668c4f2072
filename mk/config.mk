# config.mk - flags and file lists

# V=1 shows whole commands.
Q   := $(if $(V),,@)
say  = @$(if $(V),:,printf '  %-4s %s\n' $(1) $(2))

# Both are written in version.h alone; the shared library's name and soname and the pkg-config file follow.
VERSION := $(shell sed -n 's/^\#define PV_VERSION "\(.*\)"/\1/p' include/perfvec/version.h)
ABI     := $(shell sed -n 's/^\#define PV_ABI \([0-9]*\)/\1/p' include/perfvec/version.h)

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

# Symbols are hidden but for those that a public header declares between PV_API_BEGIN and PV_API_END (perfvec/api.h). Against a list of
# names for the linker: there is nothing to generate or to keep in step, the compiler knows of each call inside the library that it stays
# inside, and the static library is compiled alike, so that tests still reach private functions through it.
CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc $(PKG_CFLAGS)
CFLAGS   += -std=c17 $(OPT) -g -fPIC -fvisibility=hidden $(WARN) $(if $(ARCH),-march=$(ARCH)) -fno-math-errno -pthread
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
