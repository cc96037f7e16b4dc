/* Compiled code on disk: what is given back, and above all what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/guard.h"
#include "engine/cache.h"
#include "support/record.h"

#define HEADER 80 /* bytes of a file before the code */

/* One folder for each test; `folder` lies in it and does not exist yet. */
struct place {
	char root[64];
	char folder[128];
	char state[128]; /* where the secret is, in a folder of its own */
};

static const uint8_t module_bytes[] = "a module";
static const uint8_t code[] = "compiled code of it";

static void remove_all(const char *path)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execlp("rm", "rm", "-rf", path, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	strcpy(place->root, "/tmp/lunatic-cache-XXXXXX");
	assert_non_null(mkdtemp(place->root));
	snprintf(place->folder, sizeof(place->folder), "%s/deep/modules",
		 place->root);
	unsetenv("LUNATIC_CACHE");
	unsetenv("LUNATIC_CACHE_SIZE");
	setenv("LUNATIC_CACHE_DIR", place->folder, 1);
	snprintf(place->state, sizeof(place->state), "%s/state", place->root);
	setenv("XDG_STATE_HOME", place->state, 1);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	remove_all(place->root);
	free(place);
	return 0;
}

static struct ln_cache_key key_of(const char *name)
{
	struct ln_cache_key key;

	assert_int_equal(ln_cache_key("engine 1", (const uint8_t *)name,
				      strlen(name), 0, &key),
			 0);
	return key;
}

static struct ln_cache_key store_code(void)
{
	struct ln_cache_key key;

	assert_int_equal(ln_cache_key("engine 1", module_bytes,
				      sizeof(module_bytes), 0, &key),
			 0);
	ln_cache_store(&key, code, sizeof(code));
	return key;
}

static void file_of(const struct place *place, const struct ln_cache_key *key,
		    char path[256])
{
	int len = snprintf(path, 256, "%s/", place->folder);

	for (size_t i = 0; i < sizeof(key->digest); i++)
		len += snprintf(path + len, 256 - (size_t)len, "%02x",
				key->digest[i]);
	snprintf(path + len, 256 - (size_t)len, ".code");
}

static void assert_hit(const struct ln_cache_key *key)
{
	uint8_t *found = NULL;
	size_t len = 0;

	assert_int_equal(ln_cache_load(key, &found, &len), 0);
	assert_int_equal(len, sizeof(code));
	assert_memory_equal(found, code, sizeof(code));
	free(found);
}

static void assert_miss(const struct ln_cache_key *key)
{
	uint8_t *found = NULL;
	size_t len = 0;

	assert_int_equal(ln_cache_load(key, &found, &len), LN_ENOENT);
	assert_null(found);
}

/* Takes a key's file away. */
static void drop(const struct place *place, const struct ln_cache_key *key)
{
	char path[256];

	file_of(place, key, path);
	assert_int_equal(unlink(path), 0);
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static int count_files(const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	int count = 0;

	if (stream == NULL)
		return 0;
	while ((entry = readdir(stream)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(stream);
	return count;
}

static void set_age(const char *path, time_t seconds)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };

	times[1].tv_sec = time(NULL) - seconds;
	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW),
			 0);
}

static time_t age_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return time(NULL) - status.st_mtim.tv_sec;
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	fclose(file);
	return len;
}

static void keys(void **state)
{
	struct ln_cache_key a = key_of("a"), again = key_of("a");
	struct ln_cache_key b = key_of("b"), metered;

	(void)state;
	assert_memory_equal(&a, &again, sizeof(a));
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_int_equal(
		ln_cache_key("engine 1", (const uint8_t *)"a", 1, 1, &metered),
		0);
	assert_memory_not_equal(&a, &metered, sizeof(a));
}

static void miss_then_hit(void **state)
{
	struct place *place = *state;
	struct ln_cache_key other = key_of("other"), key;
	struct stat status;
	char path[256];

	assert_miss(&other);
	/* Looking does not make a folder. */
	assert_false(exists(place->folder));
	key = store_code();
	assert_hit(&key);
	assert_miss(&other);
	file_of(place, &key, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, HEADER + sizeof(code));
	assert_int_equal(stat(place->folder, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(count_files(place->folder), 1);
	drop(place, &key);
	assert_miss(&key);
}

/* Nothing but the bytes as they were written is code. */
static void damaged(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code();
	uint8_t whole[256], changed[256];
	char path[256];
	size_t len;

	file_of(place, &key, path);
	len = read_file(path, whole, sizeof(whole));
	assert_int_equal(len, HEADER + sizeof(code));
	for (size_t i = 0; i < len; i++) {
		memcpy(changed, whole, len);
		changed[i] ^= 4;
		write_file(path, changed, len);
		assert_miss(&key);
	}
	for (size_t i = 0; i < len; i++) {
		write_file(path, whole, i);
		assert_miss(&key);
	}
	memcpy(changed, whole, len);
	changed[len] = 0;
	write_file(path, changed, len + 1);
	assert_miss(&key);
	write_file(path, whole, len);
	assert_hit(&key);
	/* What is damaged is replaced. */
	write_file(path, whole, len - 1);
	store_code();
	assert_hit(&key);
}

static void of_another_key(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code(), other = key_of("other");
	char path[256], moved[256];

	file_of(place, &key, path);
	file_of(place, &other, moved);
	assert_int_equal(rename(path, moved), 0);
	assert_miss(&other);
}

static void secret_of(const struct place *place, char path[256])
{
	snprintf(path, 256, "%s/lunatic/cache.key", place->state);
}

/* Only who has the secret can write what is read. */
static void forged(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code(), other = key_of("other");
	uint8_t evil[256], secret[64], another[32] = { 1 };
	char path[256], planted[256], secret_path[256];
	struct stat status;
	size_t len;

	/* Code of one module under the key of another one, in all places. */
	file_of(place, &key, path);
	file_of(place, &other, planted);
	len = read_file(path, evil, sizeof(evil));
	assert_memory_equal(evil + HEADER - 32, &key, sizeof(key));
	memcpy(evil + HEADER - 32, &other, sizeof(other));
	write_file(planted, evil, len);
	assert_int_equal(chmod(planted, 0600), 0);
	assert_miss(&other);
	assert_hit(&key);
	/* Made with another secret. */
	secret_of(place, secret_path);
	assert_int_equal(stat(secret_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(read_file(secret_path, secret, sizeof(secret)), 32);
	write_file(secret_path, another, sizeof(another));
	assert_miss(&key);
	store_code();
	assert_hit(&key);
	write_file(secret_path, secret, 32);
	assert_miss(&key);
	/* A new one makes all that is there worthless. */
	assert_int_equal(unlink(secret_path), 0);
	assert_miss(&key);
	store_code();
	assert_hit(&key);
	assert_int_equal(read_file(secret_path, another, 32), 32);
	assert_memory_not_equal(another, secret, 32);
}

/* A secret that others could know, or that is none: nothing is read with it,
 * nothing is kept, and it stays as it is. */
static void bad_secrets(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code(), other = key_of("other");
	char path[256];

	secret_of(place, path);
	for (mode_t mode = 0601; mode <= 0640; mode++) {
		assert_int_equal(chmod(path, mode), 0);
		if ((mode & 077) == 0)
			continue;
		assert_miss(&key);
	}
	ln_cache_store(&other, code, sizeof(code));
	assert_int_equal(count_files(place->folder), 1);
	assert_int_equal(chmod(path, 0600), 0);
	assert_hit(&key);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1, 1), 0);
		assert_miss(&key);
		assert_int_equal(chown(path, 0, 0), 0);
		assert_hit(&key);
	}
	assert_int_equal(truncate(path, 31), 0);
	assert_miss(&key);
	assert_int_equal(truncate(path, 0), 0);
	assert_miss(&key);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_miss(&key);
	assert_int_equal(count_files(place->folder), 1);
	/* No place for one. */
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	assert_miss(&key);
	store_code();
	assert_int_equal(count_files(place->folder), 1);
}

/* Guests reach neither the folder nor the secret. */
static void closed_to_guests(void **state)
{
	struct place *place = *state;
	struct stat status;
	char path[256];

	assert_int_equal(ln_cache_guard(), 0);
	assert_int_equal(stat(place->folder, &status), 0);
	assert_true(ln_guard_closes(&status));
	secret_of(place, path);
	assert_true(exists(path));
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &status), 0);
	assert_true(ln_guard_closes(&status));
	assert_int_equal(stat(place->root, &status), 0);
	assert_false(ln_guard_closes(&status));
	/* A new folder is closed before anything is in it. */
	remove_all(place->folder);
	store_code();
	assert_int_equal(stat(place->folder, &status), 0);
	assert_true(ln_guard_closes(&status));
}

/* Where the cache is off nothing is made. */
static void closed_while_off(void **state)
{
	struct place *place = *state;
	int root;

	setenv("LUNATIC_CACHE", "off", 1);
	assert_int_equal(ln_cache_guard(), 0);
	assert_false(exists(place->folder));
	assert_false(exists(place->state));
	/* Nor can a guest make it. */
	root = open(place->root, O_PATH | O_DIRECTORY);
	assert_true(ln_guard_fixes(root, "deep"));
	assert_true(ln_guard_fixes(root, "state"));
	assert_false(ln_guard_fixes(root, "other"));
	close(root);
	setenv("LUNATIC_CACHE", "on", 1);
}

static void writable_by_others(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code(), other = key_of("other");
	char path[256];

	file_of(place, &key, path);
	assert_int_equal(chmod(path, 0666), 0);
	assert_miss(&key);
	assert_int_equal(chmod(path, 0620), 0);
	assert_miss(&key);
	assert_int_equal(chmod(path, 0644), 0);
	assert_hit(&key);
	assert_int_equal(chmod(place->folder, 0777), 0);
	assert_miss(&key);
	ln_cache_store(&other, code, sizeof(code));
	assert_int_equal(count_files(place->folder), 1);
	assert_int_equal(chmod(place->folder, 0770), 0);
	assert_miss(&key);
	assert_int_equal(chmod(place->folder, 0755), 0);
	assert_hit(&key);
}

static void owned_by_another(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code();
	char path[256];

	if (geteuid() != 0)
		skip();
	file_of(place, &key, path);
	assert_int_equal(chown(path, 1, 1), 0);
	assert_miss(&key);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_hit(&key);
	assert_int_equal(chown(place->folder, 1, 1), 0);
	assert_miss(&key);
}

static void links_and_pipes(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code();
	char path[256], aside[256];
	uint8_t content[16];

	file_of(place, &key, path);
	snprintf(aside, sizeof(aside), "%s/aside", place->root);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(symlink(aside, path), 0);
	assert_miss(&key);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_miss(&key);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_miss(&key);
	assert_int_equal(rmdir(path), 0);
	/* A link is replaced; what it points to stays as it is. */
	write_file(aside, "precious", 8);
	assert_int_equal(symlink(aside, path), 0);
	store_code();
	assert_hit(&key);
	assert_int_equal(read_file(aside, content, sizeof(content)), 8);
	assert_memory_equal(content, "precious", 8);
}

static void linked_folder(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code();
	char aside[256];

	snprintf(aside, sizeof(aside), "%s/aside", place->root);
	assert_int_equal(rename(place->folder, aside), 0);
	assert_int_equal(symlink(aside, place->folder), 0);
	assert_miss(&key);
	setenv("LUNATIC_CACHE_DIR", aside, 1);
	assert_hit(&key);
}

/* Stores `len` bytes under a name, last used `age` seconds ago. */
static struct ln_cache_key store_old(const struct place *place,
				     const char *name, size_t len, time_t age)
{
	struct ln_cache_key key = key_of(name);
	uint8_t *bytes = calloc(1, len);
	char path[256];

	assert_non_null(bytes);
	ln_cache_store(&key, bytes, len);
	free(bytes);
	file_of(place, &key, path);
	if (exists(path))
		set_age(path, age);
	return key;
}

static bool is_kept(const struct place *place, const struct ln_cache_key *key)
{
	char path[256];

	file_of(place, key, path);
	return exists(path);
}

static void bounded(void **state)
{
	struct place *place = *state;
	struct ln_cache_key first, second, third, fourth;
	char foreign[256];
	uint8_t *found;
	size_t len;

	setenv("LUNATIC_CACHE_SIZE", "1", 1);
	first = store_old(place, "first", 300 << 10, 3 * 86400);
	second = store_old(place, "second", 300 << 10, 2 * 86400);
	third = store_old(place, "third", 300 << 10, 86400);
	snprintf(foreign, sizeof(foreign), "%s/notes.txt", place->folder);
	write_file(foreign, "mine", 4);
	set_age(foreign, 30 * 86400);
	assert_true(is_kept(place, &first));
	/* Using the oldest makes the second the one that goes. */
	assert_int_equal(ln_cache_load(&first, &found, &len), 0);
	free(found);
	fourth = store_old(place, "fourth", 300 << 10, 0);
	assert_true(is_kept(place, &first));
	assert_false(is_kept(place, &second));
	assert_true(is_kept(place, &third));
	assert_true(is_kept(place, &fourth));
	/* What is not ours is neither counted nor removed. */
	assert_true(exists(foreign));
	/* Larger than the whole: not kept, and nothing goes for it. */
	second = store_old(place, "second", 2 << 20, 0);
	assert_false(is_kept(place, &second));
	assert_true(is_kept(place, &first));
	/* Takes the place of all others. */
	second = store_old(place, "second", 1000 << 10, 0);
	assert_true(is_kept(place, &second));
	assert_false(is_kept(place, &first));
	assert_false(is_kept(place, &third));
	assert_false(is_kept(place, &fourth));
}

static void size_settings(void **state)
{
	struct place *place = *state;
	static const char *const others[] = { "", "x", "-1", "10x",
					      "99999999999999999999999" };
	struct ln_cache_key key;

	setenv("LUNATIC_CACHE_SIZE", "0", 1);
	store_code();
	assert_int_equal(count_files(place->folder), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		setenv("LUNATIC_CACHE_SIZE", others[i], 1);
		key = store_code();
		assert_hit(&key);
		drop(place, &key);
	}
}

static void wrong_settings(void **state)
{
	static const char *const sizes[] = { "x", "-1", "10x", " 1", "1 " };

	(void)state;
	assert_null(ln_cache_check_settings());
	setenv("LUNATIC_CACHE", "on", 1);
	setenv("LUNATIC_CACHE_SIZE", "0", 1);
	assert_null(ln_cache_check_settings());
	setenv("LUNATIC_CACHE", "off", 1);
	setenv("LUNATIC_CACHE_SIZE", "99999999999999999999999", 1);
	assert_null(ln_cache_check_settings());
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		setenv("LUNATIC_CACHE_SIZE", sizes[i], 1);
		assert_string_equal(ln_cache_check_settings(),
				    "LUNATIC_CACHE_SIZE should be a number of "
				    "MiB, 0 to 1048576");
	}
	setenv("LUNATIC_CACHE_SIZE", "", 1);
	setenv("LUNATIC_CACHE", "", 1);
	assert_null(ln_cache_check_settings());
	setenv("LUNATIC_CACHE", "no", 1);
	assert_string_equal(ln_cache_check_settings(),
			    "LUNATIC_CACHE should be on or off");
}

static void time_of_use(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code();
	char path[256];

	file_of(place, &key, path);
	set_age(path, 1800);
	assert_hit(&key);
	assert_true(age_of(path) >= 1800);
	set_age(path, 2 * 3600);
	assert_hit(&key);
	assert_true(age_of(path) < 1800);
	/* From a clock that was ahead. */
	set_age(path, -86400);
	assert_hit(&key);
	assert_true(age_of(path) >= 0);
}

static void left_behind(void **state)
{
	struct place *place = *state;
	char old[256], fresh[256];

	store_code();
	snprintf(old, sizeof(old), "%s/tmp-0123", place->folder);
	snprintf(fresh, sizeof(fresh), "%s/tmp-4567", place->folder);
	write_file(old, "x", 1);
	write_file(fresh, "x", 1);
	set_age(old, 2 * 3600);
	store_code();
	assert_false(exists(old));
	assert_true(exists(fresh));
}

static void switched_off(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key = store_code(), other;

	setenv("LUNATIC_CACHE", "off", 1);
	assert_int_equal(
		ln_cache_key("engine 1", code, sizeof(code), 0, &other),
		LN_ENOENT);
	assert_miss(&key);
	memset(&other, 1, sizeof(other));
	ln_cache_store(&other, code, sizeof(code));
	assert_int_equal(count_files(place->folder), 1);
	setenv("LUNATIC_CACHE", "on", 1);
	assert_hit(&key);
}

static void default_folders(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key;
	char path[256];

	unsetenv("LUNATIC_CACHE_DIR");
	setenv("HOME", place->root, 1);
	/* Relative: not to be used. */
	setenv("XDG_CACHE_HOME", "relative", 1);
	key = store_code();
	assert_hit(&key);
	snprintf(path, sizeof(path), "%s/.cache/lunatic/modules", place->root);
	assert_int_equal(count_files(path), 1);
	snprintf(path, sizeof(path), "%s/xdg", place->root);
	setenv("XDG_CACHE_HOME", path, 1);
	assert_miss(&key);
	store_code();
	assert_hit(&key);
	snprintf(path, sizeof(path), "%s/xdg/lunatic/modules", place->root);
	assert_int_equal(count_files(path), 1);
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "relative", 1);
	assert_miss(&key);
	unsetenv("HOME");
	assert_miss(&key);
	store_code();
	assert_miss(&key);
	/* What HOME said before is what the user's record says. */
	test_record_home = place->root;
	assert_hit(&key);
	test_record_home = NULL;
}

/* Nothing can be made where a file is in the way, or what is full. */
static void nowhere_to_write(void **state)
{
	struct place *place = *state;
	struct ln_cache_key key;
	char path[256];

	snprintf(path, sizeof(path), "%s/deep", place->root);
	write_file(path, "x", 1);
	key = store_code();
	assert_miss(&key);
	setenv("LUNATIC_CACHE_DIR", "/proc/self/fd", 1);
	key = store_code();
	assert_miss(&key);
}

/* One of several processes that use the same few keys at once. Ends with 0 if
 * everything that it found was right. */
static void use_keys(unsigned seed)
{
	for (int i = 0; i < 300; i++) {
		struct ln_cache_key key;
		uint8_t name = (uint8_t)(rand_r(&seed) % 4);
		uint8_t bytes[5000], *found;
		size_t len;

		memset(bytes, name, sizeof(bytes));
		if (ln_cache_key("engine 1", &name, 1, 0, &key) != 0)
			_exit(2);
		if (rand_r(&seed) % 2 == 0) {
			ln_cache_store(&key, bytes, sizeof(bytes));
		} else if (ln_cache_load(&key, &found, &len) == 0) {
			if (len != sizeof(bytes) ||
			    memcmp(found, bytes, len) != 0)
				_exit(3);
			free(found);
		}
	}
	_exit(0);
}

static void processes_at_once(void **state)
{
	struct place *place = *state;
	int status;

	for (unsigned i = 0; i < 4; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			use_keys(i);
	}
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	/* No half-written file is left. */
	assert_true(count_files(place->folder) <= 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys),
		TEST(miss_then_hit),
		TEST(damaged),
		TEST(of_another_key),
		TEST(forged),
		TEST(bad_secrets),
		TEST(closed_to_guests),
		TEST(closed_while_off),
		TEST(writable_by_others),
		TEST(owned_by_another),
		TEST(links_and_pipes),
		TEST(linked_folder),
		TEST(bounded),
		TEST(size_settings),
		TEST(wrong_settings),
		TEST(time_of_use),
		TEST(left_behind),
		TEST(switched_off),
		TEST(default_folders),
		TEST(nowhere_to_write),
		TEST(processes_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
