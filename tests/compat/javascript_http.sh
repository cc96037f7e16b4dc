#!/bin/sh
# A component of wasi:http that componentize-js makes of a program with `fetch`
# and its event, under lunatic serve.
# shellcheck disable=SC2154 # cli.sh sets lunatic
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/componentize_js.sh
. "$here/support/componentize_js.sh"
# shellcheck source=tests/compat/support/proxy.sh
. "$here/support/proxy.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"

# The version that its engine exports.
make_wit 0.2.10
cp "$here/javascript_http/build.mjs" "$tool/build_http.mjs"
if node "$tool/build_http.mjs" "$here/javascript_http/app.js" wit app.wasm \
	>log 2>&1; then
	python3 -B "$here/http_apps.py" "$lunatic" \
		"$here/../serve/answers.wat" app.wasm ||
		bad "it does not answer as it should"
else
	cat log
	bad "componentize-js rejects app.js"
fi
finish
