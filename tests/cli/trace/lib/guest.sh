# guest.sh - sourced by the tracing cases: skips where a tool is missing, compiles guests, runs the tracer
for tool in qemu-aarch64 aarch64-linux-gnu-gcc python3; do
	command -v $tool >/dev/null 2>&1 || { echo "no $tool"; exit 77; }
done
lib=$ROOT/tests/cli/trace/lib

# guest NAME [FLAGS...]: compile workloads/tracing/NAME.c here; static and at fixed addresses unless -dynamic is given
guest() {
	local name=$1 link="-static -no-pie"
	shift
	[ "${1:-}" = -dynamic ] && { link=; shift; }
	# shellcheck disable=SC2086
	aarch64-linux-gnu-gcc -O1 -g -pthread $link "$@" -o "$name" "$ROOT/workloads/tracing/$name.c"
}

# symbol PROGRAM NAME: its address, such as 0x4a1230
symbol() {
	aarch64-linux-gnu-nm "$1" | awk -v name="$2" '$3 == name { sub(/^0*/, "", $1); print "0x" $1 }'
}

# trace ARGS...: perfvec trace, without what depends on how much the decoder knows
trace() {
	perfvec trace -q "$@" 2>.err
	local status=$?
	grep -v -e 'not known to the decoder' .err >&2
	return $status
}

# instructions TRACE: addresses of the executed instructions, one a line, without 0x
instructions() {
	perfvec dump "$1" | awk '!/^#/ && $3 == 0 { print substr($2, 3) }'
}

# breaks TRACE: how many instructions do not follow from the one before
breaks() {
	perfvec dump "$1" | python3 "$lib/successors.py"
}
