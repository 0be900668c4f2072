# What the verbs refuse before they read anything
perfvec gem5; echo "exit $?"
perfvec gem5 no-such-verb; echo "exit $?"
perfvec gem5 import; echo "exit $?"
perfvec gem5 import a.txt -o d; echo "exit $?"
perfvec gem5 import a.txt --program p; echo "exit $?"
perfvec gem5 import a.txt --program p -o d --targets some; echo "exit $?"
perfvec gem5 import a.txt --program p -o d --clock-mhz 2000,x; echo "exit $?"
perfvec gem5 import a.txt --program p -o d --clock-mhz -1; echo "exit $?"
perfvec gem5 compare one; echo "exit $?"
perfvec gem5 compare a.txt b.pvt --own main; echo "exit $?"
perfvec gem5 compare a.txt b.pvt; echo "exit $?"
cp "$ROOT"/tests/golden/gem5_cut/timing.* .
perfvec gem5 import -q timing.txt.zst --program p -o d | head -n 1
perfvec gem5 compare timing.txt.zst d/p.pvt
echo 'no elf' >program
perfvec gem5 compare timing.txt.zst d/p.pvt --elf program; echo "exit $?"
