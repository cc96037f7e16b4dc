#!/bin/sh
# Functions of glibc that are newer than 2.31: `make dist` would not link. The
# program under test is of this system; what it takes from its C library is
# looked for in that of the sysroot, if one is in the cache.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/cli/support/cli.sh"

arch=$(uname -m)
cache=${LUNATIC_SYSROOT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/sysroot}
sysroot=$(find "$cache" -maxdepth 2 -path "*/$arch-*/packages" 2>/dev/null |
	head -n 1)
sysroot=${sysroot%/packages}
[ -n "$sysroot" ] || { echo "skipped: there is no sysroot in $cache"; exit 77; }
command -v nm >/dev/null || { echo "skipped: there is no nm"; exit 77; }

for file in "$sysroot/lib/$arch-linux-gnu"/*.so* \
	"$sysroot/usr/lib/$arch-linux-gnu/libc_nonshared.a"; do
	nm -D --defined-only "$file" 2>/dev/null
	case $file in *.a) nm --defined-only "$file" 2>/dev/null ;; esac
done | sed -n 's/.* [A-Za-z] \([^@]*\).*/\1/p' | sort -u >has
nm -D --undefined-only "$lunatic" |
	sed -n 's/.* U \([^@]*\)@GLIBC_.*/\1/p' | sort -u >takes
[ "$(wc -l <takes)" -gt 100 ] || bad "the program takes little of its C library"
[ "$(wc -l <has)" -gt 1000 ] || bad "the sysroot has little"
# With an older way beside them, and one that has another name there.
printf '%s\n' epoll_pwait2 posix_spawn_file_actions_addclosefrom_np \
	res_nsearch >>has
sort -u has -o has
comm -23 takes has >out
! grep -q . out || bad "glibc 2.31 has no such functions"
finish
