# the trace says which files its code came from: a static program at fixed addresses, a dynamic one with its loader and library
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest streams
echo text | trace -o s.pvt -- ./streams a >/dev/null 2>&1
cat >show.py <<'P'
import json, os, subprocess, sys
from struct import unpack_from
info = json.loads(subprocess.run(["perfvec", "info", "--json", sys.argv[1]], capture_output=True).stdout)
pcs = {int(line.split()[1], 16) for line in subprocess.run(["perfvec", "dump", sys.argv[1]], capture_output=True, text=True).stdout.splitlines()
       if not line.startswith("#")}
inside = 0
for m in info["mappings"]:
    code = open(m["path"], "rb").read()
    inside += sum(m["begin"] <= pc < m["end"] for pc in pcs)
    print(os.path.basename(m["path"]), "build id of", len(m["build_id"]), "digits", "in the file" if bytes.fromhex(m["build_id"]) in code else "WRONG")
print("all code is in a file" if inside == len(pcs) else f"{inside} of {len(pcs)} addresses are in a file")
P
python3 show.py s.pvt
[ -d /usr/aarch64-linux-gnu/lib ] || { echo "no arm64 C library"; exit 77; }
guest streams -dynamic
echo text | trace --sysroot /usr/aarch64-linux-gnu -o d.pvt -- ./streams a >/dev/null 2>&1
python3 show.py d.pvt
main=$(aarch64-linux-gnu-nm streams | awk '$3 == "main" { print $1 }')
perfvec info --json d.pvt | python3 -c '
import json, sys
main = int(sys.argv[1], 16)
m = next(m for m in json.load(sys.stdin)["mappings"] if m["path"].endswith("/streams"))
print("%x" % (m["begin"] - m["offset"] + main))' $main >at
perfvec dump d.pvt | grep -q "^[0-9]* 0x$(cat at) 0 " && echo "main is where its mapping says"
