#!/bin/sh
# `lunatic serve --reuse`: how many requests a process answers, what ends it
# before, idle processes, draining, and what is kept in a soak.
set -eu
# The address sanitizer keeps what was freed, up to 256 MiB: here it would look
# like growth.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
exec python3 -B "$here/reuse.py" "$1" "$here/answers.wat"
