#!/bin/sh
# Prints the path of a cargo of version 1.95 or newer, or fails without a word.
# Looked for in this order: $CARGO, the PATH, ~/.cargo/bin, Debian's rustc-web.
set -u

new_enough() {
	v=$("$1" --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
	# shellcheck disable=SC2086
	set -- $v
	[ $# -eq 2 ] && { [ "$1" -gt 1 ] || [ "$2" -ge 95 ]; }
}

for c in "${CARGO:-}" "$(command -v cargo)" "$HOME/.cargo/bin/cargo" \
	/usr/bin/cargo /usr/lib/rust-*/bin/cargo; do
	if [ -n "$c" ] && [ -x "$c" ] && new_enough "$c"; then
		echo "$c"
		exit 0
	fi
done
exit 1
