/*
 * Runs a fuzzer's function once on each file of the folder that is its only
 * argument, so that an ordinary build shows that fuzzers compile and that no
 * known input fails.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT ((size_t)16 << 20) /* bytes of one input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs one file, or ends the program when it cannot be read. */
static void run(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data = malloc(MAX_COUNT);
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file != NULL && data != NULL)
		size = fread(data, 1, MAX_COUNT, file);
	if (file == NULL || data == NULL || ferror(file)) {
		perror(path);
		exit(1);
	}
	fclose(file);
	/* Exactly as long as the input, so that sanitizers see its end. */
	data = realloc(data, size > 0 ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	const struct dirent *entry;
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	int runs = 0;

	if (folder == NULL) {
		fprintf(stderr, "usage: %s FOLDER, of inputs\n", argv[0]);
		return 1;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0) {
			run(argv[1], entry->d_name);
			runs++;
		}
	}
	closedir(folder);
	printf("%d inputs\n", runs);
	return runs > 0 ? 0 : 1;
}
