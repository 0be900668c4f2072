# build.mk - library, command, plugin

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libperfvec.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $(LIB_OBJ)

$(BUILD)/libperfvec.so: $(LIB_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libperfvec.so.$(ABI) -o $@ $(LIB_OBJ) $(LDLIBS)

$(BUILD)/perfvec: $(CLI_OBJ) $(BUILD)/libperfvec.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) $(BUILD)/libperfvec.a $(LDLIBS)

$(BUILD)/libperfvec-qemu.so: $(PLUGIN_SRC) $(wildcard tracer/qemu/*.h) src/tracer/protocol.h src/base/hash.h
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -D_GNU_SOURCE -Isrc -std=c17 -O2 -g -fPIC -fvisibility=hidden $(WARN) $(if $(WERROR),-Werror) -shared -o $@ $(PLUGIN_SRC)

# Objects depend on the flags: a change of compiler or flags rebuilds.
FLAGS_STAMP := $(BUILD)/flags
FLAGS_NOW   := $(CC) $(CPPFLAGS) $(CFLAGS)
ifneq ($(FLAGS_NOW),$(shell cat $(FLAGS_STAMP) 2>/dev/null))
$(shell mkdir -p $(BUILD))
$(file >$(FLAGS_STAMP),$(FLAGS_NOW))
endif
$(LIB_OBJ) $(CLI_OBJ): $(FLAGS_STAMP)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)
