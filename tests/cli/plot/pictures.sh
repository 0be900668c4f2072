# SVG and PNG of every kind, with names that would do harm if they were run or pasted as they are
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }
"$BUILD"/tests/unit/u_model_train ds 3000
evil="'\`touch p\`\"<script>&amp;.jsonl"
perfvec train --cfg ds --epochs 2 --batch-size 16 -q --log "$evil" -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
for kind in cpi errors scatter programs; do
	perfvec plot $kind --model m.safetensors -q ds -o $kind.svg && perfvec plot $kind --model m.safetensors -q ds -o $kind.png
done
perfvec plot machines m.safetensors -o machines.svg && perfvec plot machines m.safetensors -o machines.png
perfvec plot loss "$evil" -o loss.svg && perfvec plot loss "$evil" -o loss.png
d=$ROOT/tests/fuzz/corpus/f_design_file/two.json
perfvec plot design "$d" -o front.svg && perfvec plot design "$d" --value objective -o map.svg && perfvec plot design "$d" --value objective -o map.png
ls
python3 - <<'END'
import glob, re, struct, xml.dom.minidom
for name in sorted(glob.glob("*.svg")):
    svg = xml.dom.minidom.parse(name).documentElement
    assert svg.tagName == "svg" and svg.getAttribute("role") == "img" and not svg.getElementsByTagName("script")
    titles = svg.getElementsByTagName("title")
    texts = [t.firstChild.data for t in svg.getElementsByTagName("text") if t.firstChild]
    print(name, titles.length, re.sub("on m[0-9]", "on M", titles[0].firstChild.data), len(texts) > 8, len(svg.getElementsByTagName("path")) > 4)
    if name == "loss.svg":
        print([t for t in texts if "training" in t])
for name in sorted(glob.glob("*.png")):
    data = open(name, "rb").read()
    print(name, data[:8] == b"\x89PNG\r\n\x1a\n", struct.unpack(">II", data[16:24]))
END
# the same figure has the same bytes
perfvec plot loss "$evil" -o again.svg && cmp loss.svg again.svg && echo same
