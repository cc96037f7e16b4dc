#!/bin/bash
# nightfly 0.1, an HTTP client for lunatic 0.13: its tests and its examples as
# they are published. The tests have their servers with them; the examples ask
# sites of the internet, for which support/outside.py answers.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
built=$("$here/rust_0_13/build.sh") || exit $?
# shellcheck source=tests/compat/support/alone.sh
. "$here/support/alone.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# shellcheck source=tests/compat/support/crates.sh
. "$here/support/crates.sh"
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
unset LUNATIC_CACHE
go_outside
trap 'stop_outside; rm -rf "$work"' EXIT

# shows NAME REGEX [ARGUMENT...]: an example that fetches and prints something.
shows() {
	local regex=$2
	set -- "$1" "${@:3}"
	example nightfly "$@"
	says out "$regex" "$1"
}
# It has its server with it, and asks it twice.
shows chunked '^Wikipedia in'
if [ "$LUNATIC_ALONE" = yes ]; then
	shows blocking '^Body: Ok\("this is  at hyper.rs"\)$'
	shows blocking '^Body: Ok\("this is x at hyper.rs"\)$' \
		https://hyper.rs/x
	shows brotli '^BODY hello$'
	shows cookies '^Body: Ok\("this is cookies"\)$'
	shows deflate '^this is deflate$'
	shows form '^Response status 200 OK$'
	shows gzip '^this is gzip$'
	shows json_dynamic 'String\("my-own-user-agent"\)|"my-own-user-agent"'
	shows json_typed 'title: "Nightfly.rs",$'
	shows multiple_hosts '^Call to https://hyper.rs this is  at hyper.rs$'
	says out 'Chunked this is Chunked$' multiple_hosts
	says out '^Call to https://rust-lang.org this is' multiple_hosts
	shows redirects '^BODY this is get at eu.httpbin.org$'
	shows simple 'this is get at eu.httpbin.org'
	export TWITTER_BEARER_TOKEN=token
	shows twitter 'name: "NASA"'
fi

tests_of nightfly nightfly 27
tests_of nightfly badssl 0
tests_of nightfly blocking 17
tests_of nightfly brotli 9
tests_of nightfly chunked 8
# One of these asks google.com.
[ "$LUNATIC_ALONE" = no ] || tests_of nightfly client 12
tests_of nightfly cookie 12
tests_of nightfly deflate 9
tests_of nightfly gzip 9
tests_of nightfly multipart 0
tests_of nightfly proxy 0
tests_of nightfly redirect 15
tests_of nightfly timeouts 8
tests_of nightfly upgrade 0
finish
