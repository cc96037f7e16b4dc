// Tries what a guest can do about compiled code and keys that lie below a
// directory that it was given, and says what has worked. tests/cli/plant.sh
// says: plant.wasm HOME CACHE STATE, both below HOME.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int worked;
static char path[512], other[512];

static void expect(int result, const char *what)
{
	if (result < 0)
		return;
	printf("worked: %s %s\n", what, path);
	worked++;
}

static const char *join(char *text, const char *folder, const char *name)
{
	snprintf(text, 512, "%s/%s", folder, name);
	return text;
}

// All that could be done to a directory that is closed, or in it.
static void attack(const char *folder, const char *file)
{
	struct stat stat_of;

	snprintf(path, sizeof(path), "%s", folder);
	expect(open(path, O_RDONLY | O_DIRECTORY), "open the folder");
	expect(opendir(path) != NULL ? 0 : -1, "list");
	expect(rename(path, join(other, "/home", "moved")), "rename");
	expect(rmdir(path), "rmdir");
	expect(unlink(path), "unlink");
	expect(mkdir(path, 0700), "mkdir");
	expect(symlink("elsewhere", path), "symlink");
	expect(utimensat(AT_FDCWD, path, NULL, 0), "utimes");
	join(path, folder, file);
	expect(stat(path, &stat_of), "stat");
	expect(open(path, O_RDONLY), "open");
	expect(open(path, O_WRONLY | O_TRUNC), "truncate");
	expect(unlink(path), "unlink");
	expect(link(path, join(other, "/home", "linked")), "link");
	expect(rename(path, join(other, "/home", "taken")), "take out");
	expect(rename("/home/evil", path), "put in");
	expect(link("/home/evil", path), "link in");
	expect(open(join(path, folder, "new"), O_WRONLY | O_CREAT, 0600),
	       "create");
	expect(mkdir(join(path, folder, "dir"), 0700), "mkdir in");
	expect(symlink("x", join(path, folder, "sym")), "symlink in");
	// Over a link.
	unlink("/home/way");
	if (symlink(folder + strlen("/home/"), "/home/way") < 0)
		perror("symlink");
	expect(open(join(path, "/home/way", file), O_RDONLY), "by a link");
	expect(open("/home/way/", O_RDONLY), "by a link, itself");
}

// Each directory above, but for the one that was given, in the way.
static void attack_above(const char *folder)
{
	snprintf(path, sizeof(path), "%s", folder);
	for (;;) {
		*strrchr(path, '/') = '\0';
		if (strcmp(path, "/home") == 0)
			return;
		expect(rename(path, "/home/away"), "rename above");
		expect(rename("/home/mine", path), "rename onto");
		expect(unlink(path), "unlink above");
		expect(rmdir(path), "rmdir above");
	}
}

int main(int argc, char **argv)
{
	FILE *file = fopen("/home/evil", "w");

	if (argc != 5 || file == NULL) {
		perror("/home/evil");
		return 2;
	}
	fputs("evil", file);
	fclose(file);
	mkdir("/home/mine", 0700);
	attack(argv[1], argv[2]);
	attack_above(argv[1]);
	attack(argv[3], argv[4]);
	attack_above(argv[3]);
	// What is none of that goes on as usual.
	if (rename("/home/mine", "/home/own") < 0 || rmdir("/home/own") < 0 ||
	    unlink("/home/evil") < 0 || unlink("/home/way") < 0) {
		perror("own files");
		return 3;
	}
	printf("%d worked\n", worked);
	return 0;
}
