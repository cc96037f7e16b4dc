// The same as path_errors.c, where the kernel does not resolve paths.
// setup: mkdir -p dir/sub dir/full; echo text >dir/file; : >dir/full/x
// setup: ln -s file dir/link; ln -s nothing dir/dangling; ln -s loop dir/loop
// options: --dir dir::.
// env: LUNATIC_OPENAT2=off
#include "path_errors.c"
