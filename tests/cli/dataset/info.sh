# what info says of a small dataset, as text and as JSON
"$BUILD"/tests/unit/u_dataset d || exit 1
perfvec dataset info d | sed "s/perfvec [0-9.]*[0-9]/perfvec VERSION/"
echo
perfvec dataset info --times d/dataset.yaml | tail -n 10
echo
perfvec dataset info --json d | sed "s/perfvec [0-9.]*[0-9]/perfvec VERSION/"
perfvec dataset info --json d | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["command"], sum(p["n_rows"] for p in d["programs"]) == d["n_rows"])'
