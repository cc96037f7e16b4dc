// The same as path_proc.c, where the kernel does not resolve paths.
// env: LUNATIC_OPENAT2=off
// options: --dir /proc/self::proc --dir /proc/self/fd::fds
#include "path_proc.c"
