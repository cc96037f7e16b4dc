// The same as path_escapes.c, where the kernel does not resolve paths.
// setup: mkdir -p dir/a/b outside; echo secret >outside/secret
// setup: ln -s ../outside dir/out; ln -s ../outside/secret dir/file_out
// setup: ln -s /etc dir/absolute; ln -s ../outside/new dir/dangling
// setup: ln -s /proc/self/root dir/magic; echo text >dir/file
// setup: mkdir dir2; echo secret >dir2/secret; ln -s ../dir2 dir/beside
// setup: ln -s out dir/chain; ln -s chain dir/chain2; ln -s a/b dir/below
// setup: ln -s ../dir/file dir/back; ln -s a/../../outside dir/winding
// options: --dir dir::/
// env: LUNATIC_OPENAT2=off
#include "path_escapes.c"
