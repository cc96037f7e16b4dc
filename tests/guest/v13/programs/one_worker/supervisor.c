// ../supervisor.c with one worker.
//
// options: --workers 1
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../supervisor.c"
