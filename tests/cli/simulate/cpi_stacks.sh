# The components of a CPI stack add up to the CPI; without --cpi-stacks there is none, and nothing else changes.
t=$ROOT/tests/fuzz/corpus/f_trace/sum.pvt
check() {
	perfvec simulate "$t" --uarch o3,minor,timing,hpi -q --stats csv --cpi-stacks "$@" >with || exit 1
	perfvec simulate "$t" --uarch o3,minor,timing,hpi -q --stats csv "$@" >without || exit 1
	grep -v ',cpi_' with | cmp - without && echo the rest is the same
	awk -F, '$3 == "cpi" { cpi = $5; machine = $2; seen++ } /,cpi_/ && !/cpi_error/ { sum[$2] += $5; n[$2]++ }
		$3 == "cpi" { want[$2] = $5 }
		END { for (m in want) if (n[m] == 9 && (d = want[m] - sum[m]) < 2e-5 && d > -2e-5) good++; print good " machines add up" }' with
}
check
check --warm-up 30
check --limit 50
grep ,o3,cpi_ with | cut -d, -f3
