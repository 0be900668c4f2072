# a report of a model, a dataset and logs: what is in it, and that it is one file
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q --log a.jsonl -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --cfg ds --model m.safetensors -q -o t.safetensors
perfvec simulate "$ROOT"/demo/traces/{lz,bfs}.pvt --limit 50k --uarch o3,minor --cpi-stacks --stats json --stats-file st.json >/dev/null
perfvec report --model t.safetensors --dataset ds --log a.jsonl --title 'Tests & <trials>' --stats st.json --design "$ROOT/tests/fuzz/corpus/f_design_file/two.json" -q -o r.html
perfvec report --log a.jsonl -o l.html && grep -c '<figure' l.html
perfvec report --model t.safetensors -o m.html && grep -c '<table' m.html
python3 - <<'END'
import re
from html.parser import HTMLParser

class Page(HTMLParser):
    void = {"meta", "link", "img", "br"}
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.refs, self.text, self.counts = [], [], [], {}, {}
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        assert tag not in ("link", "img", "iframe", "object"), tag
        assert "src" not in a and not any(k.startswith("on") for k in a), a
        if "id" in a:
            self.ids.append(a["id"])
        for k in ("href", "xlink:href"):
            if k in a:
                assert a[k].startswith("#"), a
                self.refs.append(a[k][1:])
        self.refs += a.get("aria-labelledby", "").split()
        if tag not in self.void:
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.void:
            self.open.pop()
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()
    def handle_data(self, data):
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)

source = open("r.html").read()
page = Page()
page.feed(source)
assert not page.open, page.open
assert len(set(page.ids)) == len(page.ids), "an id twice"
assert set(page.refs) <= set(page.ids), set(page.refs) - set(page.ids)
print(page.text["h1"], page.text["h2"])
print(page.text["caption"])
print({tag: page.counts[tag] for tag in ("figure", "svg", "figcaption", "desc", "table", "nav", "main")}, page.counts["tr"] > 80)
assert not re.search(r"https?://(?!www\.w3\.org/)", source)
END
