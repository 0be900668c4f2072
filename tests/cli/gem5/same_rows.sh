# Our trace of the very files that gem5 ran has gem5's rows: in each kernel's own code at least 99.9 % agree in everything
kernels=$ROOT/../shared/gem5
[ -d "$kernels/elf" ] || { echo "no ../shared/gem5"; exit 77; }
qemu=$(command -v qemu-aarch64) || { echo "no qemu-aarch64"; exit 77; }
command -v zstd >/dev/null || { echo "no zstd"; exit 77; }
perfvec=$BUILD/perfvec
for k in bst chase matmul mix queens quicksort stencil tokens triad; do
	zstd -dqf "$kernels/elf/$k.elf.zst" -o $k.elf && chmod +x $k.elf
	# as in gem5: this one variable, no arguments, a processor without SVE but with LSE, RDM and cryptography
	env -i GLIBC_TUNABLES=glibc.pthread.rseq=0 "$perfvec" trace -q --cpu cortex-a76 --qemu "$qemu" --length 230000 -o $k.pvt -- ./$k.elf \
		>/dev/null 2>&1 || echo "$k was not traced"
	perfvec gem5 compare -q --elf $k.elf --at-least 99.9 "$kernels/$k/full.timing.txt.zst" $k.pvt >$k.cmp || tail -n 3 $k.cmp
	# what differs in its own code, and whether anything elsewhere has no explanation
	sed -n "/the program's own code  /,/^$/s/^[0-9]* *0x[0-9a-f]* *//p" $k.cmp | sed "s/^/$k: /"
	grep 'unknown$' $k.cmp | sed "s/^/$k: /"
done
