#!/bin/sh
# deps.sh [--quiet] PACKAGE... - install the Debian packages that are missing; does nothing when all are there
# --quiet prints nothing then, and leaves other systems than Debian's alone.
set -eu
quiet=
if [ "$1" = --quiet ]; then
	quiet=1
	shift
	command -v dpkg-query >/dev/null 2>&1 || exit 0
fi
missing=
for p in "$@"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
if [ -z "$missing" ]; then
	[ -n "$quiet" ] || echo "deps: all packages are installed"
	exit 0
fi
command -v apt-get >/dev/null 2>&1 || { echo "error: apt-get not found; install by hand:$missing" >&2; exit 1; }
echo "deps: installing$missing"
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
