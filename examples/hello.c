// The smallest guest: the program's first process runs main() and its exit
// status is the program's.
//
// Build: clang-19 --target=wasm32-wasi -O2 hello.c -o hello.wasm
// Run:   lunatic hello.wasm
//
// stdout: hello
#include <stdio.h>

int main(void)
{
	puts("hello");
	return 0;
}
