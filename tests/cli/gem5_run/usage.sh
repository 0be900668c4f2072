# what is wrong before anything runs
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
try() { echo "--- $*"; perfvec gem5 run "$@"; echo "exit $?"; }
try --gem5 "$gem5" --uarch timing -o ds
try --uarch timing -o ds -- ./prog
try --gem5 "$gem5" -o ds -- ./prog
try --gem5 "$gem5" --uarch timing --reference-seeds 0..3 -o ds -- ./prog
try --gem5 "$gem5" --reference-seeds 3..1 -o ds -- ./prog
try --gem5 "$gem5" --reference-seeds 0..1 -o ds -- ./prog
try --gem5 "$gem5" --uarch timing -- ./prog
try --gem5 "$gem5" --uarch timing -o ds -j 0 -- ./prog
try --gem5 "$gem5" --uarch timing -o ds --targets some -- ./prog
try --gem5 no/gem5.opt --uarch timing -o ds -- ./prog
try --gem5 no-gem5-of-this-name --uarch timing -o ds -- ./prog
try --gem5 "$gem5" --uarch timing -o ds -- ./none
try --gem5 "$gem5" --uarch timing -o ds --config none.py -- ./prog
try --gem5 "$gem5" --uarch timing -o ds --unseen-uarchs o3 -- ./prog
mkdir full && touch full/x
try --gem5 "$gem5" --uarch timing -o full -- ./prog
ls
