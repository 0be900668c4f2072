#!/bin/bash
# install.sh BUILD - install into an empty folder, then compile and run the examples against it with pkg-config alone
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
abi=$(sed -n 's/^#define PV_ABI //p' include/perfvec/version.h)
version=$(sed -n 's/^#define PV_VERSION "\(.*\)"/\1/p' include/perfvec/version.h)
for f in bin/perfvec lib/libperfvec.a lib/libperfvec.so "lib/libperfvec.so.$abi" "lib/libperfvec.so.$version" lib/pkgconfig/perfvec.pc lib/perfvec/libperfvec-qemu.so include/perfvec/perfvec.h share/doc/perfvec/LICENSE share/perfvec/gem5/perfvec_se.py; do
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
[ "$(pkg-config --modversion perfvec)" = "$version" ] || { echo "perfvec.pc has another version"; exit 1; }
ldd "$tmp/shared" | grep -q "libperfvec.so.$abi " || { echo "a program does not ask for libperfvec.so.$abi"; exit 1; }

# The examples are programs like any other.
for example in examples/*.c; do
	name=$(basename "$example" .c)
	gcc -std=c17 -Wall -Wextra -Werror $(pkg-config --cflags perfvec) -o "$tmp/$name" "$example" $(pkg-config --libs perfvec)
done
export LD_LIBRARY_PATH=$d/lib
(
	cd "$tmp"
	./own_simulator own sum.pvt >/dev/null
	"$build"/tests/unit/u_model_train ds 2000
	"$d/bin/perfvec" train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors 'InsLSTM(6,1,narchs=K,bias=False)'
	"$d/bin/perfvec" represent --model m.safetensors -q ds -o v.npy
	./predict m.safetensors v.npy sum.pvt >by_example
	"$d/bin/perfvec" predict --model m.safetensors -q v.npy sum.pvt --csv | awk -F, 'NR > 1 {
		printf "%-12s %-12s %12.3f us  CPI %6.3f  model +- %.1f %%  sampling +- %.1f %%\n", $1, $3, $5 / 1e3, $6, 100 * $9 / $5, 100 * 0 / $5 }' >by_command
	diff by_command by_example
	[ "$(wc -l <by_example)" -gt 10 ] || { echo "the example predicts nothing"; exit 1; }
	"$d/bin/perfvec" train --cfg ds --epochs 1 --batch-size 16 -q -o other.safetensors 'InsLSTM(8,1,narchs=K,bias=False)'
	if ./predict other.safetensors v.npy >refused 2>&1; then echo "vectors of another model are taken"; exit 1; fi
	grep -q 'of different foundations' refused
)
# A C++ program can include every public header, each first or all together, and links.
for h in "$d"/include/perfvec/*.h; do printf '#include <perfvec/%s>\n' "$(basename "$h")"; done >"$tmp/all.cc"
printf 'int main() { return pv_version()[0] == 0; }\n' >>"$tmp/all.cc"
if command -v g++ >/dev/null; then
	for h in "$d"/include/perfvec/*.h; do
		printf '#include <perfvec/%s>\n' "$(basename "$h")" >"$tmp/one.cc"
		g++ -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags perfvec) "$tmp/one.cc"
	done
	g++ -Wall -Wextra -Werror $(pkg-config --cflags perfvec) -o "$tmp/cxx" "$tmp/all.cc" $(pkg-config --libs perfvec)
	"$tmp/cxx"
fi
"$d/bin/perfvec" --version
