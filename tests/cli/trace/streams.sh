# the guest's streams, arguments, environment, descriptors and exit status are those of a run without the tracer
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest streams
export GUEST_VALUE=kept
echo 'from a pipe' | qemu-aarch64 ./streams one 'two words' >plain.out 2>plain.err
echo "plain: $?"
echo 'from a pipe' | trace -o s.pvt -- ./streams one 'two words' >traced.out 2>traced.err
echo "traced: $?"
cmp plain.out traced.out && cmp plain.err traced.err && cat traced.out traced.err
perfvec info s.pvt | grep -e '^program' -e '^command' -e '^guest cpu'
# closed streams stay closed
trace -o closed.pvt -- ./streams </dev/null >&- 2>&-
echo "closed: $?"
# a dataset can take the name of any file
cp streams '.a b'
trace -o n.pvt -- './.a b' </dev/null >/dev/null 2>&1
perfvec info n.pvt | grep -e '^program' -e '^command'
