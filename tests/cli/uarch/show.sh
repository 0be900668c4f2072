# a preset as a complete machine file, with what the simulator leaves out at its end; and back
perfvec uarch show minor >m.yaml
sed -n '2,$s/  *#.*//p' m.yaml | grep -E '^[a-z]|  width|size_bytes|IntDiv'
perfvec uarch show m.yaml | cmp - m.yaml && echo same
# every mark is in the list at the end, and the reverse
perfvec uarch sample --count 7 -o many >/dev/null
for f in many/*.yaml; do
	perfvec uarch show $f >shown
	marks=$(grep -c '\[not modelled yet\]\|\[simulated as: ' shown) list=$(sed -n '/^# The simulator/,$p' shown | grep -c '^#   ')
	[ $marks -eq $list ] || echo "$f: $marks marks, $list in the list"
done
# every predictor of the table is simulated as itself
perfvec uarch show timing | sed 's/kind: bimode/kind: mpp_8kb/' >perceptron.yaml
perfvec uarch show perceptron.yaml | grep 'simulated as' || echo none
