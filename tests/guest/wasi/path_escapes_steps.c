// The same as path_escapes.c, where the kernel does not resolve paths.
// setup: mkdir -p dir/a/b outside; echo secret >outside/secret
// setup: ln -s ../outside dir/out; ln -s ../outside/secret dir/file_out
// setup: ln -s /etc dir/absolute; ln -s ../outside/new dir/dangling
// setup: ln -s /proc/self/root dir/magic; echo text >dir/file
// options: --dir dir::/
// env: LUNATIC_OPENAT2=off
#include "path_escapes.c"
