# the reader that was written from docs/formats/trace.md sees the same rows
command -v zstd >/dev/null || { echo "zstd is not installed"; exit 77; }
for f in sum odd one empty; do
	perfvec dump "$ROOT"/tests/fuzz/corpus/f_trace/$f.pvt >ours
	python3 "$ROOT"/docs/formats/read_trace.py "$ROOT"/tests/fuzz/corpus/f_trace/$f.pvt >theirs
	cmp ours theirs && echo "$f: $(wc -l <ours) lines agree"
done
