# PerfVec's files into a dataset and back: the same bytes; what cannot be held is refused with its place, and nothing is left
"$BUILD"/tests/unit/u_dataset d || exit 1
perfvec dataset export d --format perfvec -o raw --wide --quiet >/dev/null
perfvec dataset import raw --format perfvec -o d2 --type uint32 --uarch-names big,small.1,held_out --unseen-uarchs held_out --unseen-programs beta
perfvec dataset check d2
perfvec dataset export d2 --format perfvec -o raw2 --wide --quiet >/dev/null
for f in raw/*map raw/stats.npz; do cmp "$f" "raw2/$(basename "$f")" && echo "same $(basename "$f")"; done
perfvec dataset info d2 | tail -n +4

echo "- files by name, one target, 16 bits"
mkdir two && cp raw/alpha.in.mmap two && perfvec dataset import raw/tiny.in.mmap two/alpha.in.mmap -o d3
perfvec dataset export d --format npz -o npz --quiet >/dev/null
head -c 20400 raw/alpha.in.mmap >two/alpha.in.mmap
head -c 9600 /dev/zero >two/alpha.out.mmap
perfvec dataset import two -o d3 --targets time --target commit --uarch pk,minor,ex5
perfvec dataset info d3 | grep -A 9 target

echo "- lengths"
head -c 9504 /dev/zero >two/alpha.out.mmap
perfvec dataset import two -o d4
perfvec dataset import two -o d4 --n-uarchs 3
head -c 9696 /dev/zero >two/alpha.out.mmap
perfvec dataset import two -o d4 --n-uarchs 3
perfvec dataset import two -o d4 --n-uarchs 7
head -c 20401 raw/alpha.in.mmap >two/alpha.in.mmap
perfvec dataset import two -o d4
: >two/alpha.in.mmap
perfvec dataset import two -o d4

echo "- values"
head -c 9600 /dev/zero >two/alpha.out.mmap
head -c 20400 raw/alpha.in.mmap >two/alpha.in.mmap
printf '\377\377' | dd of=two/alpha.out.mmap bs=1 seek=1030 conv=notrunc status=none
perfvec dataset import two -o d4 --type int16
perfvec dataset import two -o d5 --type uint16
printf '\0\0\300\77' | dd of=two/alpha.in.mmap bs=1 seek=$((204 * 7 + 4 * 22)) conv=notrunc status=none
perfvec dataset import two -o d4
cp raw/alpha.in.nmmap two/alpha.in.mmap
perfvec dataset import two -o d4 --n-uarchs 1
perfvec dataset import raw/alpha.in.nmmap -o d4

echo "- names"
perfvec dataset import raw raw -o d4
perfvec dataset import raw -o d4 --type uint32 --unseen-programs gamma
perfvec dataset import raw -o d4 --type uint32 --uarch-names pk,mine,ex5 --uarch pk,ex5,minor
perfvec dataset import raw -o d4 --type uint32 --uarch-names a,b,c --unseen-uarchs x
perfvec dataset import no_such -o d4
mkdir none; perfvec dataset import none -o d4
perfvec dataset import raw -o d4 --type float
perfvec dataset import raw -o d4 --target time
perfvec dataset import raw -o d4 --targets some
perfvec dataset import raw
ls -d *
