#!/bin/sh
# sysroot.sh FOLDER PACKAGE... - unpack Debian arm64 packages into FOLDER/root, without touching the system's own package state
#
# Uses a private apt state in FOLDER/apt, so that neither a foreign architecture nor any package is installed. Fails (status 1) with one
# line where packages cannot be had. Does nothing when FOLDER/root holds these packages already.
set -eu
folder=$1
shift
stamp=$folder/root.packages
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$*" ]; then
	exit 0
fi
command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || { echo "no apt-get or dpkg-deb here"; exit 1; }
rm -rf "$folder/apt" "$folder/root" "$stamp"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/debs" "$folder/root"
: >"$folder/apt/status"
base=$(cd "$folder/apt" && pwd)

apt_arm64() {
	apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists="$base/lists" -o Dir::Cache="$base/cache" \
		-o Dir::State::status="$base/status" -o APT::Sandbox::User="" -o Acquire::Retries=2 -o Acquire::http::Timeout=20 "$@"
}

log=$folder/apt/log
apt_arm64 update >"$log" 2>&1 || { echo "cannot reach the Debian archive (see $log)"; exit 1; }
(cd "$base/debs" && apt_arm64 download "$@") >>"$log" 2>&1 || { echo "cannot download the arm64 packages (see $log)"; exit 1; }
for deb in "$base"/debs/*.deb; do
	dpkg-deb -x "$deb" "$folder/root" >>"$log" 2>&1 || { echo "cannot unpack $deb"; exit 1; }
done
echo "$*" >"$stamp"
