#!/bin/sh
# A component of wasi:http that componentize-py makes, under lunatic serve: it
# answers, and sends requests to another server.
# shellcheck disable=SC2154 # cli.sh sets lunatic
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/componentize_py.sh
. "$here/support/componentize_py.sh"
# shellcheck source=tests/compat/support/proxy.sh
. "$here/support/proxy.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"

make_wit
cp "$here/python_http/app.py" .
if "$tool" -d wit -w app componentize app -o app.wasm >log 2>&1; then
	python3 -B "$here/http_apps.py" "$lunatic" \
		"$here/../serve/answers.wat" app.wasm ||
		bad "it does not answer as it should"
else
	cat log
	bad "componentize-py rejects app.py"
fi
finish
