#!/bin/sh
# No process finds what another one has left in its memory, also where the
# kernel refuses to take pages back: locked memory, filters of system calls.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/uncleared.c" \
	-o "$work/uncleared.wasm"
clang-19 -O1 -Wall -Wextra -Werror "$here/support/refuse.c" -o "$work/refuse"
cat >locked.c <<'END'
#include <stdio.h>
#include <sys/mman.h>
__attribute__((constructor)) static void lock(void)
{
	void *at;

	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		perror("mlockall");
	/* Where a bound is too low for the program, nothing is locked. */
	at = mmap(NULL, (size_t)1 << 36, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		munlockall();
	else
		munmap(at, (size_t)1 << 36);
}
END
clang-19 -O1 -shared -fPIC locked.c -o locked.so

program=$lunatic
# finds_nothing WHAT COMMAND...: runs it with both memory strategies.
finds_nothing() {
	what=$1
	shift
	for strategy in slab guard; do
		status=0
		timeout -k 5 60 "$@" --workers 2 \
			--memory-strategy "$strategy" uncleared.wasm \
			>out 2>err </dev/null || status=$?
		if [ "$status" -eq 77 ]; then
			echo "skipped: $what"
			return
		fi
		expect 0 "$what, $strategy"
		says out '^done$' "$what, $strategy"
		[ "$(wc -l <out)" -eq 1 ] || bad "$what, $strategy: found some"
	done
}

finds_nothing "nothing refused" "$program"
# Twelve is ENOMEM, which is what madvise says where it cannot.
finds_nothing "madvise" ./refuse madvise 12 1 0 "$program"
finds_nothing "madvise, not permitted" ./refuse madvise 1 1 0 "$program"
finds_nothing "scan" ./refuse scan 25 1 0 "$program"
finds_nothing "both" ./refuse madvise,scan 22 1 0 "$program"
finds_nothing "locked memory" env LD_PRELOAD="$work/locked.so" "$program"
finds_nothing "locked memory, madvise" env LD_PRELOAD="$work/locked.so" \
	./refuse madvise 22 1 0 "$program"
finish
