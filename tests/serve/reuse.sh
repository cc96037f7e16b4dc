#!/bin/sh
# `lunatic serve --reuse`: how many requests a process answers, what ends it
# before, idle processes, draining, and what is kept in a soak.
set -eu
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
exec python3 -B "$here/reuse.py" "$1" "$here/answers.wat"
