/*
 * LUNATIC_MAIN, the first process. A plain main() works as well; this one also
 * makes standard output line-buffered in all processes of the module, so that
 * lines appear in the order in which they were printed, and none is lost when a
 * process is killed.
 *
 *	LUNATIC_MAIN(argc, argv)
 *	{
 *		printf("%s has %d arguments\n", argv[0], argc - 1);
 *		return 0;
 *	}
 *
 * When the first process ends, so does the program, with what it returned.
 */
#ifndef LUNATIC_MAIN_H
#define LUNATIC_MAIN_H

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_MAIN(argc, argv)                                      \
	static int lunatic_main_(int argc, char **argv);              \
	int main(int argc_, char **argv_)                             \
	{                                                             \
		lunatic_main_begin();                                 \
		return lunatic_main_end(lunatic_main_(argc_, argv_)); \
	}                                                             \
	static int lunatic_main_(__attribute__((unused)) int argc,    \
				 __attribute__((unused)) char **argv)

/* What LUNATIC_MAIN does first. To be called by a main() written by hand. */
void lunatic_main_begin(void);

/* What it does last; returns `status`. Likewise. */
int lunatic_main_end(int status);

#ifdef __cplusplus
}
#endif

#endif
