# The dataset has the same bytes at any thread count, and says what it holds.
t=$ROOT/tests/fuzz/corpus/f_trace/sum.pvt
for j in 1 2 5; do
	perfvec simulate "$t" --uarch timing,minor --uarch o3 --unseen-uarchs o3 -q -j $j -o ds >table$j || exit 1
	mv ds ds$j
	sed -i -e 's/-j [0-9]*/-j N/' ds$j/dataset.yaml
done
head -n 2 table1; cut -d" " -f1 table1 | tail -n +3
cmp table1 table2 && cmp table1 table5
diff -r ds1 ds2 && diff -r ds1 ds5 && echo same
ls -R ds1
