# install.mk - install, uninstall, pkg-config file

D := $(DESTDIR)$(PREFIX)

install: all
	install -d $(D)/bin $(D)/lib/perfvec $(D)/lib/pkgconfig $(D)/include/perfvec $(D)/share/doc/perfvec $(D)/share/perfvec/gem5
	install -m 755 $(BUILD)/perfvec $(D)/bin/perfvec
	install -m 644 $(BUILD)/libperfvec.a $(D)/lib/libperfvec.a
	install -m 755 $(BUILD)/libperfvec.so $(D)/lib/libperfvec.so.$(VERSION)
	ln -sf libperfvec.so.$(VERSION) $(D)/lib/libperfvec.so.$(ABI)
	ln -sf libperfvec.so.$(ABI) $(D)/lib/libperfvec.so
	install -m 755 $(PLUGIN) $(D)/lib/perfvec/
	install -m 644 include/perfvec/*.h include/perfvec/*.def $(D)/include/perfvec/
	printf 'prefix=%s\nlibdir=$${prefix}/lib\nincludedir=$${prefix}/include\n\nName: perfvec\nDescription: programs and machines as vectors\nVersion: %s\nRequires.private: $(PKGS)\nLibs: -L$${libdir} -lperfvec\nLibs.private: -lm -pthread\nCflags: -I$${includedir}\n' '$(PREFIX)' '$(VERSION)' >$(D)/lib/pkgconfig/perfvec.pc
	install -m 644 gem5/perfvec_se.py $(D)/share/perfvec/gem5/
	install -m 644 README.md LICENSE CHANGELOG.md $(D)/share/doc/perfvec/

uninstall:
	rm -rf $(D)/bin/perfvec $(D)/share/perfvec $(D)/lib/libperfvec.a $(D)/lib/libperfvec.so* $(D)/lib/perfvec $(D)/lib/pkgconfig/perfvec.pc $(D)/include/perfvec $(D)/share/doc/perfvec
