// The same as read_only.c, where the kernel does not resolve paths.
// setup: mkdir -p dir/sub rw; echo text >dir/file; ln -s file dir/link
// setup: ln -s nothing dir/dangling; chmod 0444 dir/file
// options: --dir dir::/ro:ro --dir rw::/rw
// env: LUNATIC_OPENAT2=off
#include "read_only.c"
