// ../server.c with one worker.
//
// options: --workers 1
// stdout: passed
// timeout: 60
#include "../server.c"
