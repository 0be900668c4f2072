# Counters as table, CSV and JSON: the same names and the same values in all; a dataset is not needed.
t=$ROOT/tests/fuzz/corpus/f_trace/sum.pvt
perfvec simulate "$t" --uarch o3,minor -q --stats table >table || exit 1
perfvec simulate "$t" --uarch o3,minor -q --stats csv >csv || exit 1
perfvec simulate "$t" --uarch o3,minor -q --stats json --stats-file json >summary || exit 1
head -n 1 csv
grep ',o3,' csv | head -n 2
grep ',n_branches,' csv
cut -d' ' -f1 summary | tail -n 2
awk -F, '/,minor,/ { print $3, $5 }' csv >a
awk 'NR > 2 { print $1, $2 }' table >b
cmp a b && echo table as CSV
awk -F, 'NR > 1 { print $3, $5 }' csv >c
sed -n '/"runs"/,$ s/^ *"\([a-z0-9_]*\)": \([0-9.]*\)[,}]*$/\1 \2/p' json >d
cmp c d && echo JSON as CSV
ls
for bad in "--stats xml" "--stats-file x" "" "--stats csv --sample 10" "--stats csv --sample 10:5" "--stats csv --sample 10:x" \
	"--stats csv --targets all" "--stats csv --targets some" "--stats csv --warm-up 108" "--stats csv --sample 10:300" \
	"--stats csv --stats-file none/x"; do
	perfvec simulate "$t" --uarch o3 -q $bad 2>&1 >/dev/null | sed "s|$ROOT|ROOT|"
done
