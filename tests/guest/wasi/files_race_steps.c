// The same as files_race.c, where the kernel does not resolve paths.
// setup: mkdir -p dir/place outside; echo inside >dir/place/file
// setup: echo outside >outside/file; ln -s ../outside dir/trap
// options: --dir dir --workers 4
// timeout: 60
// env: LUNATIC_OPENAT2=off
#include "files_race.c"
