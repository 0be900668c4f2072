# never more than -j runs at a time, and as many as that
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
perfvec uarch sample --count 5 --seed 2 -o m >/dev/null
export FAKE_PLAN=$(for f in m/*.yaml; do echo "$(basename "$f" .yaml) 1 slow 0.8"; done)
for j in 1 3; do
	rm -f state/*
	perfvec gem5 run --gem5 "$gem5" --uarch m -j $j -q -o ds -- ./prog | head -n 1
	awk -v j=$j '$1 == "start" { n++ } $1 == "end" { n-- } n > most { most = n } END { print "at -j " j ": " most " at a time, " NR / 2 " runs" }' state/running
done
