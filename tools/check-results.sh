#!/bin/sh
# Results of system calls that must not be ignored in silence: each is used, or
# cast to void below (or beside) a comment that says why. What closes nothing
# but a descriptor is ln_fd_close (src/base/fd.h).
#
#   tools/check-results.sh [FILE...]    default: the C sources below src
set -eu

cd "$(dirname "$0")/.."
calls='mmap|madvise|munmap|mprotect|mremap|mlock|munlock|sigaltstack|sigaction'
calls="$calls|pthread_sigmask|pthread_create|write|pwrite|writev|close|fcntl"
calls="$calls|ioctl|setsockopt|shutdown|setrlimit|epoll_ctl|eventfd"
calls="$calls|timerfd_settime|ftruncate|fsync|fdatasync|rename|renameat|link"
calls="$calls|linkat|unlink|unlinkat|mkdir|mkdirat|futimens|fchmod"
calls="$calls|ln_pages_drop|ln_pages_unmap"

[ $# -gt 0 ] || {
	# No path of ours has a blank in it.
	# shellcheck disable=SC2046
	set -- $(find src -name '*.[ch]' | sort)
}
awk -v ignored="^[\t ]+($calls)[(]" \
	-v cast="^[\t ]*[(]void[)]($calls)[(]" '
	FNR == 1 { said = -9; before = ";" }
	# At the start of a statement, not in the middle of an expression.
	$0 ~ ignored && before ~ /([;{})]|\*\/|else)$/ {
		printf "%s:%d: the result is ignored\n", FILENAME, FNR
		bad = 1
	}
	$0 ~ cast {
		if (FNR - said > 3 && !/\/\*/) {
			printf "%s:%d: no comment says why\n", FILENAME, FNR
			bad = 1
		}
		said = FNR # for one right below
	}
	/\*\/$/ { said = FNR }
	!/^[\t ]*$/ { before = $0 }
	END { exit bad }' "$@"
