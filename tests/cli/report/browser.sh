# a report in a real browser: no error, every figure drawn, tables sort, no request leaves the page
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "chromium is not installed (make deps-browser)"; exit 77; }
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q --log a.jsonl -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --cfg ds --model m.safetensors -q -o t.safetensors
perfvec simulate "$ROOT"/demo/traces/{lz,bfs}.pvt --limit 50k --uarch o3,minor --cpi-stacks --stats json --stats-file st.json >/dev/null
cp a.jsonl "b'\"<script>alert(1)&lt;.jsonl"
perfvec report --model t.safetensors --dataset ds --log a.jsonl --log "b'\"<script>alert(1)&lt;.jsonl" --stats st.json --design "$ROOT/tests/fuzz/corpus/f_design_file/two.json" -q -o r.html || exit
visit() { # PAGE OPTIONS: what the browser makes of a page; a profile of its own, no network
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" --no-first-run --disable-background-networking \
		--disable-component-update --disable-dev-shm-usage --host-resolver-rules='MAP * ~NOTFOUND' --virtual-time-budget=5000 "${@:2}" "file://$PWD/$1"
}
# the page as it is: nothing on the console
visit r.html --enable-logging=stderr --v=0 --dump-dom >dom.html 2>log || { tail log; exit 1; }
grep -a 'CONSOLE' log
grep -c '<figure' dom.html
# the page with questions at its end; they run once all is laid out
python3 - <<'END'
page = open("r.html").read()
probe = """<script>
'use strict';
var problems = [];
window.addEventListener('error', function (e) { problems.push(e.message); });
document.addEventListener('securitypolicyviolation', function (e) { problems.push('blocked ' + e.blockedURI); });
window.addEventListener('load', function () {
  var lines = [];
  document.querySelectorAll('figure').forEach(function (f) {
    var svg = f.querySelector('svg'), box = svg.getBoundingClientRect(), marks = 0, outside = [], boxes = [], covered = [];
    svg.querySelectorAll('path, circle, rect, use, polygon').forEach(function (m) {
      var b = m.getBoundingClientRect();
      if (!m.closest('defs') && b.width + b.height > 0) marks++;
    });
    svg.querySelectorAll('text').forEach(function (t) {
      var b = t.getBoundingClientRect();
      if (b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1) outside.push(t.textContent);
      boxes.forEach(function (o) {
        if (b.left < o.right - 2 && o.left < b.right - 2 && b.top < o.bottom - 3 && o.top < b.bottom - 3) covered.push(t.textContent);
      });
      boxes.push(b);
    });
    lines.push(f.id + ': ' + (box.width > 300 && box.height > 150 ? 'has a size' : 'is ' + box.width + ' x ' + box.height) + ', ' +
      (marks > 20 ? 'many' : marks) + ' marks, ' + (outside.length ? outside.join(', ') + ' outside' : 'no label outside') + ', ' +
      (covered.length ? covered.join(', ') + ' covered' : 'none covered') + ', titled ' + svg.querySelector('title').textContent.replace(/on m[0-9]/, 'on M'));
  });
  var table = Array.from(document.querySelectorAll('table')).find(function (t) { return t.caption.textContent === 'Errors by program in percent'; });
  function first() { return table.tBodies[0].rows[0].cells[0].textContent; }
  function numbers(c) { return Array.from(table.tBodies[0].rows, function (r) { return Number(r.cells[c].dataset.value); }); }
  function sorted(x) { return x.every(function (v, i) { return !i || x[i - 1] <= v; }); }
  var name = table.tHead.rows[0].cells[0].firstChild, mean = table.tHead.rows[0].cells[4].firstChild;
  name.click(); lines.push('by name: ' + first()); name.click(); lines.push('backwards: ' + first());
  mean.click(); lines.push('by mean: ' + sorted(numbers(4)) + ' ' + mean.parentNode.getAttribute('aria-sort'));
  mean.click(); lines.push('backwards: ' + sorted(numbers(4).reverse()) + ' ' + mean.parentNode.getAttribute('aria-sort'));
  var root = document.documentElement, light = getComputedStyle(document.body).backgroundColor;
  document.getElementById('theme').click();
  lines.push('theme: ' + root.dataset.theme + ' ' + (getComputedStyle(document.body).backgroundColor !== light));
  lines.push('alert: ' + document.querySelectorAll('main script').length);
  lines.push('requests: ' + performance.getEntriesByType('resource').length);
  lines.push('problems: ' + problems.join('; '));
  var pre = document.createElement('pre');
  pre.id = 'answers';
  pre.textContent = lines.join('\\n');
  document.body.appendChild(pre);
});
</script>"""
open("probe.html", "w").write(page.replace("</body>", probe + "</body>"))
END
visit probe.html --window-size=1200,900 --dump-dom 2>/dev/null | sed -n '/<pre id="answers">/,/<\/pre>/p' | sed 's/<[^>]*>//g'
