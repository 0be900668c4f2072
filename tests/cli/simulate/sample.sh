# Only sampled rows, and only those after the warm-up, are counted and written; the same bytes at any thread count.
t=$ROOT/tests/fuzz/corpus/f_trace/sum.pvt
rows() { perfvec simulate "$t" --uarch o3,minor -q --stats csv -o ds "$@" | awk -F, '/,o3,n_(rows|units),/ { printf "%s %s  ", $3, $5 } END { print "" }'; }
rows
rows --warm-up 100
rows --sample 5:20:3
rows --sample 5:20 --warm-up 10
rows --sample 5:20 --limit 50
perfvec dataset check ds
for j in 1 3; do
	perfvec simulate "$t" --uarch timing,minor,o3 -q -j $j --sample 3:7:2 --targets all -o ds$j >table$j || exit 1
	sed -i -e 's/-j [0-9]*//; s/ds[0-9]/ds/' ds$j/dataset.yaml
done
cmp table1 table3
diff -r ds1 ds3 && ls ds1/*.npy
perfvec dataset check ds1
grep -c 'CPI +-' table1
