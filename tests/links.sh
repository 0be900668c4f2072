#!/bin/bash
# links.sh BUILD - every link between documents leads to a file that is there, and to a heading in it; every page is linked from another
set -u
cd "$(dirname "$0")/.." || exit 1
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
python3 - <<'EOF2'
import glob, os, re, sys

pages = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] + sorted(glob.glob("docs/**/*.md", recursive=True))


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M))


def anchors(path):
    """Headings as GitHub names them: lower case, punctuation dropped, spaces as hyphens."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", open(path).read(), flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


bad, linked, n = [], set(), 0
for page in pages:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(open(page).read())):
        if re.match(r"[a-z]+:", target):
            continue
        n += 1
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        linked.add(path)
        if not os.path.exists(path):
            bad.append(f"{page}: {target}: no such file")
        elif anchor and anchor not in anchors(path):
            bad.append(f"{page}: {target}: no such heading")
bad += [f"{page}: no document links it" for page in pages[1:] if page not in linked]
print("\n".join(bad) or f"links: {n} links between {len(pages)} documents")
sys.exit(bool(bad))
EOF2
