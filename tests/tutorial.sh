#!/bin/bash
# tutorial.sh BUILD - run the commands of docs/topics/tutorial.md, block by block, and hold what they print against what it shows
#
# Every block of sh runs in one empty folder, in order, and must succeed. A block without a language shows what the block before it prints: each
# of its lines must be there, in that order, with any numbers; "..." stands for lines left out.
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PERFVEC=$PWD PATH=$build:$PATH TMPDIR=$tmp python3 - docs/topics/tutorial.md "$tmp" <<'EOF'
import re, shutil, subprocess, sys

text, folder = open(sys.argv[1]).read(), sys.argv[2]
blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)
# What a block may need beside perfvec, and how it is recognised.
needs = [(r"\.(svg|png|html)\b", "gnuplot"), (r"^aarch64-linux-gnu-gcc ", "aarch64-linux-gnu-gcc"), (r"^perfvec trace ", "qemu-aarch64")]


def masked(line):
    line = re.sub(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", "#", line)
    line = re.sub(r"# *(ns|us|ms|s)\b", "#", line)
    line = " ".join(re.sub(r"(does NOT beat|beats) .*", "BEATS", line).split())
    line = re.sub(r"^cheapest: .*", "CHEAPEST", line)
    line = re.sub(r"^(# # # %.*) \S+ \S+:#$", r"\1 LINE", line)
    line = re.sub(r"^\S+ (seen|unseen) #", "PROGRAM #", line)  # who is worst differs from processor to processor
    return re.sub(r"# \S+ on \S+$", "# WHERE", line)


def is_shown(shown, printed):
    at = 0
    for line in map(masked, shown):
        if line in ("...", ""):
            continue
        while at < len(printed) and printed[at] != line:
            at += 1
        if at == len(printed):
            return line
        at += 1
    return None


n_run = n_shown = 0
printed = None
for language, body in blocks:
    if language == "sh":
        missing = [tool for pattern, tool in needs if re.search(pattern, body, re.M) and not shutil.which(tool)]
        if missing:
            print(f"no {missing[0]}: left out\n{body}")
            printed = None
            continue
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", body], cwd=folder, capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"status {result.returncode} of\n{body}\n{result.stdout}{result.stderr}")
        printed = [masked(line) for line in result.stdout.splitlines()]
        n_run += 1
    elif language == "" and printed is not None:
        missing = is_shown(body.splitlines(), printed)
        if missing is not None:
            sys.exit(f"the tutorial shows '{missing}', but printed was\n" + "\n".join(printed))
        n_shown += 1
if n_run < 8 or n_shown < 5:
    sys.exit(f"only {n_run} blocks run and {n_shown} held against what they print")
print(f"tutorial: {n_run} blocks run, {n_shown} held against what they print")
EOF
