#!/bin/sh
# The page of --observe in Debian's Chromium. LUNATIC_PICTURES names a folder
# for pictures of the page.
#
#   tests/net/observe_page.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
. "$(dirname "$0")/support/net.sh"
if ! command -v chromium >/dev/null; then
	echo "skipped: chromium is not there"
	exit 77
fi
# shellcheck source=tests/net/support/observe.sh
. "$here/support/observe.sh"

watched 127.0.0.1:0
pictures=${LUNATIC_PICTURES:-$work/pictures}
mkdir -p "$pictures"
python3 -B "$here/support/observe_page.py" "$url" "$token" "$work/browser" \
	"$pictures" || fail "the page"
stop_watched
echo "passed"
