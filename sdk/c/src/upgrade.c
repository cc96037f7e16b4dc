/*
 * Upgrades. What a process keeps is an array: what it is, under which name, and
 * the rest as server.c and supervisor.c write it.
 *
 * Exports of a program run constructors before, and exit functions after, since
 * the linker wraps each of them: once too often for lunatic_save, after which
 * the process goes on, and for lunatic_load, before which there is nothing to
 * lose, but after which there is. A module that calls __wasm_call_ctors itself
 * gets no such wrappers. So this file does, and with it in the module the entry
 * functions of the library do what the wrappers would (lunatic_constructors).
 */
#include <lunatic/abi.h>
#include <lunatic/status.h>
#include <lunatic/upgrade.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define REFUSED (-1)
#define NOT_NOW (-2)
#define FIRST_ROOM 256

void __wasm_call_ctors(void);
void __wasm_call_dtors(void);

/* There when LUNATIC_MAIN is. */
__attribute__((weak)) void lunatic_main_begin(void);

static bool constructed;
static int64_t resumed = -1; /* enum lunatic_saved_kind */

void lunatic_constructors(void)
{
	if (constructed)
		return;
	constructed = true;
	__wasm_call_ctors();
}

void lunatic_destructors(void)
{
	__wasm_call_dtors();
}

/* Writes what is kept into `size` bytes; 0, and how many it took. */
static int write_all(unsigned char *bytes, size_t size, size_t *length)
{
	struct lunatic_writer out;
	int status;

	lunatic_writer_begin(&out, bytes, size);
	lunatic_write_array(&out, LUNATIC_SAVED);
	status = lunatic_save_now(&out);
	return status != 0 ? status : lunatic_writer_end(&out, length);
}

int64_t lunatic_upgrade_save(void)
{
	/* Kept for the next time, when this one comes to nothing. */
	static unsigned char *bytes;
	static size_t room;
	size_t length = 0;
	int status;

	if (lunatic_save_now == NULL)
		return NOT_NOW;
	status = room > 0 ? write_all(bytes, room, &length) : LUNATIC_ETOOLONG;
	while (status == LUNATIC_ETOOLONG) {
		size_t more = room > 0 ? room * 2 : FIRST_ROOM;
		unsigned char *larger = realloc(bytes, more);

		if (larger == NULL)
			return REFUSED;
		bytes = larger;
		room = more;
		status = write_all(bytes, room, &length);
	}
	if (status != 0)
		return REFUSED;
	return (int64_t)((uint64_t)length << 32 | (uintptr_t)bytes);
}

void *lunatic_upgrade_alloc(size_t size)
{
	lunatic_constructors();
	return malloc(size);
}

int lunatic_upgrade_load(const struct lunatic_upgrades *upgrades,
			 int64_t version, const void *data, size_t size)
{
	struct lunatic_reader in;
	int status = LUNATIC_EFORMAT;

	lunatic_constructors();
	if (lunatic_main_begin != NULL)
		lunatic_main_begin();
	lunatic_reader_begin(&in, data, size);
	lunatic_read_tuple(&in, LUNATIC_SAVED);
	resumed = lunatic_read_int(&in);
	if (in.status == 0 && resumed == LUNATIC_SAVED_SERVER)
		status = lunatic_server_load(upgrades, version, &in);
	else if (in.status == 0 && resumed == LUNATIC_SAVED_SUPERVISOR)
		status = lunatic_supervisor_load(upgrades, &in);
	if (status == 0)
		status = lunatic_reader_end(&in);
	free((void *)data);
	return status;
}

void lunatic_upgrade_resume(void)
{
	if (resumed == LUNATIC_SAVED_SERVER)
		lunatic_server_resume();
	else
		lunatic_supervisor_resume();
	lunatic_destructors();
}

int lunatic_upgrade(const char *module, const void *binary, size_t size,
		    int64_t timeout, int flags, struct lunatic_upgraded *result)
{
	uint64_t counts[8] = { 0 };
	uint64_t id;
	uint32_t failed = lunatic_upgrade_run(
		module, module != NULL ? strlen(module) : 0, binary, size,
		lunatic_host_timeout(timeout), (uint32_t)flags, counts,
		sizeof(counts), &id);

	if (result != NULL)
		*result = (struct lunatic_upgraded){
			.upgraded = counts[0],
			.refused = counts[1],
			.failed = counts[2],
			.timed_out = counts[3],
			.waiting = counts[4],
			.ended = counts[5],
			.back = counts[6],
			.stuck = counts[7],
		};
	return failed ? lunatic_host_error(id) : 0;
}
