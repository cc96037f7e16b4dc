#!/bin/sh
# Components that componentize-js makes: the examples of lunatic:process.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/componentize_js.sh
. "$here/support/componentize_js.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# shellcheck source=tests/compat/support/processes.sh
. "$here/support/processes.sh"

cp "$here/../../examples/components/javascript/build.mjs" "$tool"
for name in supervisor chat; do
	node "$tool/build.mjs" \
		"$here/../../examples/components/javascript/$name.js" \
		"$here/../../sdk/wit" "$name.wasm" >log 2>&1 ||
		bad "componentize-js rejects $name.js"
done
check_examples trapped returned
finish
