#!/bin/sh
# inputs.sh SYSROOT FOLDER - write the demo's input files: a text (the packages' licence texts), a JSON file, and the two scripts
set -eu
mkdir -p "$2"
cat "$1"/usr/share/doc/*/copyright | head -c 400000 >"$2/text"
awk 'BEGIN { printf "["; for (i = 1; i <= 1500; i++) printf "%s{\"name\":\"item %d\",\"n\":%d,\"tags\":[\"a%d\",\"b%d\"],\"x\":%.3f}", (i > 1 ? "," : ""), i * 7919 % 1501, i * 31 % 977, i % 7, i % 11, i / 7; print "]" }' >"$2/data.json"
cp "$(dirname "$0")"/input/* "$2/"
