# the tables of docs/topics/machines.md are those of this build
sed -n '/^<!-- begin perfvec uarch params --markdown -->$/,/^<!-- end -->$/p' "$ROOT/docs/topics/machines.md" | sed '1d;$d' >in_docs
perfvec uarch params --markdown >now
if diff in_docs now; then
	echo "up to date"
else
	echo "run: docs/machines.sh, which rewrites them"
fi
