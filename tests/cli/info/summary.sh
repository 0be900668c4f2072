# what info says of two small traces, as text and as JSON
cp "$ROOT"/tests/fuzz/corpus/f_trace/{sum,odd,empty}.pvt .
perfvec info sum.pvt
echo
perfvec info empty.pvt
echo
perfvec info --json odd.pvt
perfvec info --json empty.pvt | python3 -c 'import json, sys; print(json.load(sys.stdin)["command"])'
