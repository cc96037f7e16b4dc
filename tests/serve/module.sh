#!/bin/sh
# shellcheck disable=SC2154 # guest.sh sets work
# `lunatic serve` with a module of the guest library: requests, bodies, what is
# refused, handlers that fail, streams of events, draining.
set -eu
lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/guest.sh"
python3 -B "$here/module.py" "$lunatic" "$work/module.wasm" "$work"
