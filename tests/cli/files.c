/* What programs do with files, through the C library, in the directory `.`:
 * stdio, directories, links, temporary files, sizes, times. Prints "done". */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                               \
	do {                                                           \
		if (!(condition)) {                                    \
			printf("FAILED %d: %s (errno %d)\n", __LINE__, \
			       #condition, errno);                     \
			exit(1);                                       \
		}                                                      \
	} while (0)
#define FAILS(call, number) CHECK((call) < 0 && errno == (number))

static void stdio(void)
{
	char line[64];
	struct stat st;
	FILE *f = fopen("notes.txt", "w");

	CHECK(f != NULL);
	for (int i = 0; i < 1000; i++)
		CHECK(fprintf(f, "line %d\n", i) > 0);
	CHECK(fclose(f) == 0);
	f = fopen("notes.txt", "a+");
	CHECK(f != NULL);
	CHECK(fputs("the end\n", f) >= 0);
	CHECK(fseek(f, 0, SEEK_SET) == 0);
	for (int i = 0; i < 1000; i++) {
		int number = -1;

		CHECK(fgets(line, sizeof(line), f) != NULL);
		CHECK(sscanf(line, "line %d", &number) == 1 && number == i);
	}
	CHECK(fgets(line, sizeof(line), f) != NULL);
	CHECK(strcmp(line, "the end\n") == 0);
	CHECK(fgets(line, sizeof(line), f) == NULL && feof(f));
	CHECK(ftell(f) == 8898);
	CHECK(fclose(f) == 0);
	CHECK(stat("notes.txt", &st) == 0);
	CHECK(S_ISREG(st.st_mode) && st.st_size == 8898);
	CHECK(truncate("notes.txt", 6) == 0);
	f = fopen("notes.txt", "r");
	CHECK(f != NULL && fgets(line, sizeof(line), f) != NULL);
	CHECK(strcmp(line, "line 0") != 0 || strlen(line) == 6);
	CHECK(fclose(f) == 0);
}

static void temporary(void)
{
	char name[32];
	struct stat st;
	char byte;
	int fd = -1;

	for (int i = 0; i < 100 && fd < 0; i++) {
		snprintf(name, sizeof(name), "tmp-%08x", (unsigned)rand());
		fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	}
	CHECK(fd >= 0);
	FAILS(open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK(unlink(name) == 0);
	/* It lives on without a name. */
	CHECK(write(fd, "hello", 5) == 5);
	CHECK(pread(fd, &byte, 1, 1) == 1 && byte == 'e');
	CHECK(pwrite(fd, "a", 1, 1) == 1);
	CHECK(lseek(fd, 0, SEEK_CUR) == 5);
	CHECK(ftruncate(fd, 1 << 20) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 1 << 20);
	CHECK(st.st_nlink == 0);
	CHECK(posix_fallocate(fd, 1 << 20, 4096) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == (1 << 20) + 4096);
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
	CHECK(lseek(fd, -4, SEEK_END) == (1 << 20) + 4092);
	CHECK(close(fd) == 0);
	FAILS(close(fd), EBADF);
	FAILS(open(name, O_RDONLY), ENOENT);
}

static void directories(void)
{
	enum { COUNT = 500 };
	static char seen[COUNT];
	char name[64];
	struct dirent *entry;
	struct stat st;
	DIR *dir;
	int others = 0;

	CHECK(mkdir("many", 0777) == 0);
	FAILS(mkdir("many", 0777), EEXIST);
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "many/a file with number %d", i);
		CHECK(close(open(name, O_WRONLY | O_CREAT, 0666)) == 0);
	}
	dir = opendir("many");
	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		int number = -1;

		if (sscanf(entry->d_name, "a file with number %d", &number) ==
		    1) {
			CHECK(number >= 0 && number < COUNT && !seen[number]);
			CHECK(entry->d_type == DT_REG);
			seen[number] = 1;
		} else {
			others++;
		}
	}
	CHECK(others == 2);
	CHECK(closedir(dir) == 0);
	FAILS(rmdir("many"), ENOTEMPTY);
	for (int i = 0; i < COUNT; i++) {
		CHECK(seen[i]);
		snprintf(name, sizeof(name), "many/a file with number %d", i);
		CHECK(unlink(name) == 0);
	}
	CHECK(mkdir("many/inner", 0777) == 0);
	CHECK(rename("many/inner", "moved") == 0);
	CHECK(stat("moved", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(rmdir("moved/") == 0);
	CHECK(rmdir("many") == 0);
	FAILS(stat("many", &st), ENOENT);
}

static void links_and_times(void)
{
	struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };
	struct stat st;
	char text[16];

	CHECK(close(open("target", O_WRONLY | O_CREAT, 0666)) == 0);
	CHECK(symlink("target", "link") == 0);
	CHECK(readlink("link", text, sizeof(text)) == 6);
	CHECK(memcmp(text, "target", 6) == 0);
	CHECK(readlink("link", text, 3) == 3);
	CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(stat("link", &st) == 0 && S_ISREG(st.st_mode));
	CHECK(link("target", "second") == 0);
	CHECK(stat("second", &st) == 0 && st.st_nlink == 2);
	CHECK(utimensat(AT_FDCWD, "link", times, 0) == 0);
	CHECK(stat("target", &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 2000);
	CHECK(st.st_mtim.tv_nsec == 2);
	CHECK(lstat("link", &st) == 0 && st.st_mtim.tv_sec != 2000);
	FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK(unlink("link") == 0 && unlink("second") == 0);
	CHECK(rename("target", "target") == 0 && unlink("target") == 0);
}

int main(void)
{
	stdio();
	temporary();
	directories();
	links_and_times();
	CHECK(unlink("notes.txt") == 0);
	puts("done");
	return 0;
}
