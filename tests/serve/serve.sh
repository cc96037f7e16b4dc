#!/bin/sh
# `lunatic serve`: keep-alive, pipelining, versions, bodies, what is refused,
# guests that fail, clients that are slow or gone, 1,000 connections, draining.
set -eu
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
exec python3 -B "$here/serve.py" "$1" "$here/answers.wat"
