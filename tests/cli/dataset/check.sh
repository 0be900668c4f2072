# check says ok, or one line for each problem and exit status 1; what cannot be opened is an error
"$BUILD"/tests/unit/u_dataset d || exit 1
perfvec dataset check d
echo "status $?"
sed -i 's/insns: 6666/insns: 6665/; s/total: .21, 21/total: [21, 20/' d/dataset.yaml
printf '\0' | dd of=d/alpha.features.npy bs=1 seek=$(($(stat -c %s d/alpha.features.npy) - 64 + 46)) conv=notrunc status=none
perfvec dataset check d
echo "status $?"
sed -i 's/^seq_length/seq_lenght/' d/dataset.yaml
perfvec dataset check d
echo "status $?"
mkdir empty
perfvec dataset check empty
echo "status $?"
perfvec dataset info no_such
echo "status $?"
