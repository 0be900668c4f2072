# good and bad files: one error each, with the place
perfvec uarch show timing | sed 's/  *#.*//' >good.yaml
sed 's/n_rob: 40/n_rob: 4000/' good.yaml >bounds.yaml
sed 's/n_rob:/n_rbo:/' good.yaml >unknown.yaml
sed '/  n_rob:/d' good.yaml >missing.yaml
sed 's/size_bytes: 32768/size_bytes: 32kB/' good.yaml >unit.yaml
sed 's/size_bytes: 32768/size_kb: 32/' good.yaml >unit_in_key.yaml
sed 's/size_bytes: 32768/size_bytes: 40960/' good.yaml >combination.yaml
printf 'a: [1\n' >syntax.yaml
printf '' >empty.yaml
sed '20,$d' good.yaml >cut.yaml
perfvec uarch check good.yaml; echo "status $?"
for f in bounds unknown missing unit unit_in_key combination syntax empty cut nowhere; do
	perfvec uarch check $f.yaml
	echo "status $?"
done
mkdir folder && cp good.yaml folder
perfvec uarch check folder hpi bounds.yaml; echo "status $?"
mkdir empty && perfvec uarch check empty
# what the file changes does not go with what its base says
printf 'perfvec_machine: 1\nname: m\nbase: timing\nl1i:\n  assoc: 5\n' >based.yaml
perfvec uarch check based.yaml; echo "status $?"
