// ../generations.c with one worker.
//
// options: --workers 1
// stdout: passed
// cflags: -std=gnu23
// stderr~ trapped: .*unreachable
// stderr~ trapped: .*take_tcp_stream\)$
#include "../generations.c"
