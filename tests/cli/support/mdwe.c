/* Runs a command that cannot make memory executable; ends with 77 where the
 * kernel has no such thing. */
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argc;
	/* PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: Linux 6.3 */
	if (prctl(65, 1, 0, 0, 0) != 0)
		return 77;
	execv(argv[1], argv + 1);
	return 127;
}
