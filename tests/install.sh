#!/bin/bash
# install.sh BUILD - install into an empty folder, then compile and run a program against it with pkg-config alone
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
if grep -q -- -fsanitize "$build/flags"; then
	echo "a sanitized library needs its run time in the host program"
	exit 77
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
make -s install BUILD="$build" DESTDIR="$tmp" PREFIX=/opt/perfvec $(grep -q -- -Werror "$build/flags" && echo WERROR=1) >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
d=$tmp/opt/perfvec
for f in bin/perfvec lib/libperfvec.a lib/libperfvec.so lib/libperfvec.so.0 lib/pkgconfig/perfvec.pc lib/perfvec/libperfvec-qemu.so include/perfvec/perfvec.h share/doc/perfvec/LICENSE share/perfvec/gem5/perfvec_se.py; do
	[ -e "$d/$f" ] || { echo "not installed: $f"; exit 1; }
done
cat >"$tmp/user.c" <<'END'
#include <perfvec/perfvec.h>
#include <stdio.h>
int main(void)
{
	struct pv_trace *trace;
	struct pv_error err;
	enum pv_status status = pv_trace_open("/nonexistent.pvt", &trace, &err);
	printf("%s %s\n", pv_version(), pv_status_name(status));
	return status != PV_ERR_MISSING;
}
END
export PKG_CONFIG_PATH=$d/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp
gcc -std=c17 -Wall -Wextra -pedantic -Werror $(pkg-config --cflags perfvec) -o "$tmp/shared" "$tmp/user.c" $(pkg-config --libs perfvec)
LD_LIBRARY_PATH=$d/lib "$tmp/shared"
gcc -std=c17 $(pkg-config --cflags perfvec) -o "$tmp/static" "$tmp/user.c" "$d/lib/libperfvec.a" \
	$(PKG_CONFIG_SYSROOT_DIR= PKG_CONFIG_PATH= pkg-config --libs $(sed -n 's/^Requires.private: //p' "$d/lib/pkgconfig/perfvec.pc")) -lm -pthread
"$tmp/static"
# The shared library shows no name but its own.
if nm -D --defined-only "$d/lib/libperfvec.so" | grep -v " pv_" | grep -q .; then
	nm -D --defined-only "$d/lib/libperfvec.so" | grep -v " pv_" | head -n 5
	exit 1
fi
# A C++ program can include every public header.
for h in "$d"/include/perfvec/*.h; do printf '#include <perfvec/%s>\n' "$(basename "$h")"; done >"$tmp/all.cc"
if command -v g++ >/dev/null; then g++ -Wall -Werror -fsyntax-only $(pkg-config --cflags perfvec) "$tmp/all.cc"; fi
"$d/bin/perfvec" --version
