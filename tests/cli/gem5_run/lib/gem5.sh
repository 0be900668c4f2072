# gem5.sh - a fake gem5, a program, and what tests ask about a dataset
ln -s "$ROOT/tests/support/fake_gem5.py" gem5.fake
gem5=./gem5.fake
export PERFVEC_GEM5_SCRIPT=$ROOT/gem5/perfvec_se.py # the build may be anywhere
export FAKE_STATE=$PWD/state FAKE_TRACES=$ROOT/tests/golden/gem5_cut FAKE_PLAN=
mkdir -p state
printf 'not run by the fake\n' >prog
command -v python3 >/dev/null && command -v zstd >/dev/null || { echo "no python3 or no zstd"; exit 77; }

# whether a fake of this test runs; the brackets keep grep from finding itself
gem5_runs() { grep -qsa "$PWD/./gem5[.]fake" /proc/[0-9]*/cmdline; }

# how often each machine was started
attempts() { for f in state/attempts.*; do printf '%s %s\n' "${f#state/attempts.}" "$(wc -c <"$f")"; done; }

# the store_commit column of machine K (from 1), a number a line: 'column DATASET N_MACHINES K'
column() {
	python3 - "$1/prog.targets.npy" "$2" "$3" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
n, = struct.unpack("<H", data[8:10])
wide = b"<u4" in data[:10 + n]
values = struct.unpack("<%d%s" % ((len(data) - 10 - n) // (4 if wide else 2), "I" if wide else "H"), data[10 + n:])
print("\n".join(map(str, values[int(sys.argv[3]) - 1::int(sys.argv[2])])))
END
}
