# the recorded instructions are those that QEMU itself logs when it runs one instruction at a time
. "$ROOT/tests/cli/trace/lib/guest.sh"
command -v setarch >/dev/null || { echo "no setarch"; exit 77; }
check() {
	# the tracer's own settings: fixed addresses, seed and CPU; the same environment, because it lies on the guest's stack
	env -i setarch -R "$(command -v qemu-aarch64)" -cpu cortex-a72 -seed 1 -singlestep -d exec,nochain -D log "$@" </dev/null >plain.out
	sed -n 's/^Trace [0-9]*: [^ ]* \[[0-9a-f]*\/0*\([0-9a-f]*\)\/.*/\1/p' log >logged
	env -i "$BUILD/perfvec" trace -q --qemu "$(command -v qemu-aarch64)" -o t.pvt -- "$@" </dev/null >traced.out 2>err
	instructions t.pvt >traced
	cmp plain.out traced.out && cmp logged traced && echo "$1: same" && [ "$(wc -l <traced)" -gt 5000 ] || cat err
}
guest stores
check ./stores
guest faults
check ./faults
guest rewrite
check ./rewrite
