/*
 * Starts the program of a file, a module or a component, again and again and
 * waits for its end: argv[1] is the series, argv[2] the file.
 */
#include <lunatic.h>

#include "measure.h"

#include <fcntl.h>
#include <stdlib.h>

#define FILE_MAX (64 << 20)

static uint64_t add(const char *path)
{
	uint8_t *bytes = malloc(FILE_MAX);
	size_t len = 0;
	ssize_t some;
	uint64_t module;
	int file = open(path, O_RDONLY);

	if (bytes == NULL || file < 0)
		abort();
	while ((some = read(file, bytes + len, FILE_MAX - len)) > 0)
		len += (size_t)some;
	close(file);
	if (lunatic_process_add_module(lunatic_process_this_env(), bytes, len,
				       &module) != 0)
		abort();
	free(bytes);
	return module;
}

static void cycle(uint64_t module, uint32_t unused)
{
	struct lunatic_proc process;
	struct lunatic_reader mail;

	(void)unused;
	if (lunatic_process_spawn(0, module, "_start", 6, NULL, 0,
				  &process.id) != 0)
		abort();
	lunatic_proc_monitor(process);
	if (lunatic_receive(&mail, LUNATIC_FOREVER) != LUNATIC_ENDED ||
	    lunatic_mail_end().reason != LUNATIC_RETURNED)
		abort();
	lunatic_proc_drop(process);
}

int main(int argc, char **argv)
{
	uint64_t module;

	if (argc != 3)
		abort();
	module = add(argv[2]);
	for (int i = 0; i < 50; i++)
		cycle(module, 0);
	measure(argv[1], cycle, module, 0);
	return 0;
}
