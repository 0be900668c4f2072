#!/bin/sh
# inputs.sh FOLDER - the study's further input files, made from nothing: a picture, a sound, a genome, formulas, programs in several languages
set -eu
cd "$1"
awk 'BEGIN { print "P6 320 200 255"; for (y = 0; y < 200; y++) for (x = 0; x < 320; x++) printf "%c%c%c", 33 + (x * y / 97) % 90, 33 + (x + 2 * y) % 90, 33 + int(40 + 39 * sin(x / 9) * cos(y / 7)) }' | LC_ALL=C tr -d '\200-\377' | head -c 192015 >picture.ppm
awk 'BEGIN { print "P5 320 200 255"; for (i = 0; i < 64000; i++) printf "%c", 33 + int(40 + 39 * sin(i % 320 / 9) * cos(i / 2240)) }' >picture.pgm
python3 - <<'PYTHON'
import math, random, struct, wave
random.seed(1)
w = wave.open("tone.wav", "wb")
w.setnchannels(2); w.setsampwidth(2); w.setframerate(44100)
w.writeframes(b"".join(struct.pack("<hh", int(9000 * math.sin(i * 0.05 + 3 * math.sin(i / 900)) + random.gauss(0, 300)), int(7000 * math.sin(i * 0.031))) for i in range(44100)))
w.close()
open("genome.fa", "w").write(">chr1\n" + "\n".join("".join(random.choice("ACGT") for _ in range(60)) for _ in range(2500)) + "\n")
n, m = 8, 7  # pigeons, holes
clauses = [[p * m + h + 1 for h in range(m)] for p in range(n)] + [[-(p * m + h + 1), -(q * m + h + 1)] for h in range(m) for p in range(n) for q in range(p)]
open("pigeons.cnf", "w").write("p cnf %d %d\n" % (n * m, len(clauses)) + "".join(" ".join(map(str, c)) + " 0\n" for c in clauses))
open("pairs", "w").write("".join("n%d n%d\n" % (i, random.randrange(i + 1, 4001)) for i in range(4000) for _ in range(2)))
open("data.xml", "w").write("<all>" + "".join("<item n='%d'><name>item %d</name><x>%.3f</x></item>" % (i, i * 7919 % 1501, i / 7) for i in range(3000)) + "</all>")
open("page.html", "w").write("<html><title>t</title><body>" + "".join("<p>paragraph <b>%d<i>x</b> &amp; <a href=u%d>l</a><table><tr><td>%d" % (i, i, i) for i in range(400)))
open("style.scss", "w").write("@function f($n) { @if $n < 2 { @return $n; } @return f($n - 1) + f($n - 2); }\n" + "".join("@for $i from 1 through 30 { .c%d-#{$i} { width: f(8) * $i + px; &:hover { color: rgba($i, 20, %d, 0.5); } } }\n" % (k, k) for k in range(12)))
body = "".join("static int f%d(int a, int b)\n{\nint s = %d;\nfor (int i = 0; i < a; i++) { if ((i ^ b) %% %d == 1) s += i * b; else s -= f%s; }\nreturn s;\n}\n" % (k, k, k + 2, "%d(i - 1, s & 7)" % (k - 1) if k else "_(i)") for k in range(250))
open("big.c", "w").write("static int f_(int x) { return x * 3; }\n" + body + "int main(void) { return f249(9, 4); }\n")
open("code.asm", "w").write("bits 64\n" + "".join("l%d: mov rax, [rbx+rcx*8+%d]\nadd rax, %d\njnz l%d\n" % (i, i * 8, i, max(0, i - 3)) for i in range(3000)))
open("paper.ms", "w").write(".TL\nA paper\n" + "".join(".SH\nPart %d\n.PP\n" % i + "the quick brown fox jumps over the lazy dog and looks for words " * 12 + "\n" for i in range(60)))
open("page.1", "w").write(".Dd November 1, 2026\n.Dt PAGE 1\n.Os\n.Sh NAME\n.Nm page\n.Nd words\n" + "".join(".Ss Part %d\n.Bl -tag -width Ds\n" % i + "".join(".It Fl %s Ar x\nwhat it does with the quick brown fox\n" % c for c in "abcdef") + ".El\n" for i in range(120)))
open("speech", "w").write("The quick brown fox jumps over 12 lazy dogs on Monday, October 3rd 1999. " * 40)
open("game.sgf", "w").write("(;GM[1]SZ[9]KM[5.5];B[ee];W[cg];B[gc];W[gg];B[cc])")
open("graph.lp", "w").write("".join("edge(%d,%d).\n" % (random.randrange(60), random.randrange(60)) for _ in range(150)) + "reach(X,Y) :- edge(X,Y).\nreach(X,Z) :- reach(X,Y), edge(Y,Z).\n")
open("plan.mod", "w").write("set I := 1..40; set J := 1..30; param c{i in I, j in J} := (i * 37 + j * 91) mod 100 + 1; var x{I, J} >= 0; minimize cost: sum{i in I, j in J} c[i,j] * x[i,j]; s.t. s{i in I}: sum{j in J} x[i,j] <= 30; s.t. d{j in J}: sum{i in I} x[i,j] >= 25 + j mod 7; solve; end;\n")
open("calc.y", "w").write("%token N\n%%\ns: e0;\n" + "".join("e%d: e%d | e%d '%s' e%d | '(' e0 ')' N;\n" % (i, i + 1, i, chr(33 + i % 60) if chr(33 + i % 60) not in "'\\" else "x", i + 1) for i in range(60)) + "e60: N;\n%%\n")
PYTHON
sed 's/the /a /; 7~13d; 5~17s/e/E/' text >text2
cat >loop.sh <<'EOF'
i=0; s=0; while [ $i -lt 20000 ]; do i=$((i + 1)); case $i in *7) s=$((s + i)) ;; *) s=$((s ^ i)) ;; esac; set -- $s $i; x=${1%0}; done; echo $s $x
EOF
printf 'def sieve(n):\n    p = [True] * n\n    for i in range(2, n):\n        if p[i]:\n            for j in range(i * i, n, i):\n                p[j] = False\n    return sum(p)\nd = {}\nfor i in range(60000):\n    d[str(i * 7919 %% 1501)] = d.get(str(i %% 97), 0) + i\nprint(sieve(60000), len(d))\n' >sieve.py
printf '<?php $n = []; for ($i = 0; $i < 200000; $i++) { $k = md5((string)($i %% 977)); $n[$k] = ($n[$k] ?? 0) + strlen($k) + $i; } ksort($n); echo count($n), "\\n";\n' >words.php
printf 'proc fib n { if {$n < 2} { return $n }; expr {[fib [expr {$n - 1}]] + [fib [expr {$n - 2}]]} }\nputs [fib 21]\nset l {}\nfor {set i 0} {$i < 5000} {incr i} { lappend l [string reverse $i] }\nputs [lindex [lsort $l] 7]\n' >fib.tcl
printf 'def place(n, row, cols, a, b)\n  return 1 if row == n\n  (0...n).sum { |c| cols[c] || a[row + c] || b[row - c + n] ? 0 : (cols[c] = a[row + c] = b[row - c + n] = true; r = place(n, row + 1, cols, a, b); cols[c] = a[row + c] = b[row - c + n] = false; r) }\nend\nputs place(8, 0, [], [], [])\n' >queens.rb
printf 's=0;forprime(p=2,20000,s+=p^2%%7);print(s);M=matrix(24,24,i,j,(i*j)%%13+(i==j));print(matdet(M));print(factor(2^101-1));quit\n' >primes.gp
