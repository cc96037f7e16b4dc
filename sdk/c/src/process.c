/*
 * Spawning, handles and links. A module can be entered only through its
 * exports, and entry functions are not exported. So the library exports two
 * functions that call another function through the table. The index is the
 * value of a pointer to the function, which is the same in every instance of
 * the module. The first export has the name and the meaning that it has in
 * modules of the Rust crate: it calls a helper, which knows the kind of the
 * function.
 *
 * The linker makes exports run constructors before and the exit functions
 * after, so output is flushed when an entry function returns; or, in modules
 * that can be upgraded, the library does (upgrade.c).
 */
#include <lunatic/abi.h>
#include <lunatic/mailbox.h>
#include <lunatic/process.h>
#include <lunatic/status.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PARAM_SIZE 17

/* There when LUNATIC_MAIN is: see main.c. */
__attribute__((weak)) void lunatic_main_begin(void);

typedef void helper_function(uintptr_t function);
typedef void helper_value_function(uintptr_t function, int64_t value);

LUNATIC_EXPORT(_lunatic_spawn_by_index)
void lunatic_spawn_by_index(helper_function *helper, uintptr_t function);
LUNATIC_EXPORT(_lunatic_spawn_by_index_value)
void lunatic_spawn_by_index_value(helper_value_function *helper,
				  uintptr_t function, int64_t value);

void lunatic_enter(void)
{
	if (lunatic_constructors != NULL)
		lunatic_constructors();
	if (lunatic_main_begin != NULL)
		lunatic_main_begin();
}

void lunatic_leave(void)
{
	if (lunatic_destructors != NULL)
		lunatic_destructors();
}

void lunatic_spawn_by_index(helper_function *helper, uintptr_t function)
{
	lunatic_enter();
	helper(function);
	lunatic_leave();
}

void lunatic_spawn_by_index_value(helper_value_function *helper,
				  uintptr_t function, int64_t value)
{
	lunatic_enter();
	helper(function, value);
	lunatic_leave();
}

/* Encodes parameters and spawns. */
static int spawn(struct lunatic_proc *child, const struct lunatic_spawn *how,
		 const char *name, const struct lunatic_param *params,
		 size_t count)
{
	unsigned char bytes[LUNATIC_PARAMS_MAX * PARAM_SIZE];
	int64_t link = how != NULL ? how->link : 0;
	uint64_t id;
	uint32_t failed;

	for (size_t i = 0; i < count; i++) {
		bytes[i * PARAM_SIZE] = params[i].type;
		memcpy(bytes + i * PARAM_SIZE + 1, &params[i].value, 16);
	}
	if (how != NULL && how->module != NULL)
		failed = lunatic_process_spawn(link, how->module->id, name,
					       strlen(name), bytes,
					       count * PARAM_SIZE, &id);
	else
		failed = lunatic_process_inherit_spawn(link, name, strlen(name),
						       bytes,
						       count * PARAM_SIZE, &id);
	if (failed)
		return lunatic_host_error(id);
	if (child != NULL)
		child->id = id;
	else
		lunatic_process_drop_process(id);
	return 0;
}

int lunatic_spawn_export(struct lunatic_proc *child,
			 const struct lunatic_spawn *how, const char *name,
			 const struct lunatic_param *params, size_t count)
{
	if (count > LUNATIC_PARAMS_MAX)
		return LUNATIC_EMISUSE;
	return spawn(child, how, name, params, count);
}

static int spawn_by_index(struct lunatic_proc *child,
			  const struct lunatic_spawn *how,
			  helper_function *helper, uintptr_t function)
{
	const struct lunatic_param params[] = {
		LUNATIC_I32((int32_t)(uintptr_t)helper),
		LUNATIC_I32((int32_t)function),
	};

	return spawn(child, how, "_lunatic_spawn_by_index", params, 2);
}

int lunatic_spawn_helper(struct lunatic_proc *child,
			 const struct lunatic_spawn *how,
			 void (*helper)(uintptr_t function), uintptr_t function,
			 struct lunatic_writer *mail)
{
	struct lunatic_proc proc;
	int status = mail != NULL ? lunatic_writer_close(mail) : 0;

	if (status == 0)
		status = spawn_by_index(&proc, how, helper, function);
	if (status != 0)
		return status;
	if (mail != NULL)
		lunatic_mail_send(mail, proc);
	if (child != NULL)
		*child = proc;
	else
		lunatic_proc_drop(proc);
	return 0;
}

static void call_plain(uintptr_t function)
{
	((void (*)(void))function)();
}

int lunatic_spawn(struct lunatic_proc *child, const struct lunatic_spawn *how,
		  void (*entry)(void))
{
	return spawn_by_index(child, how, call_plain, (uintptr_t)entry);
}

static void call_with_value(uintptr_t function, int64_t value)
{
	((void (*)(int64_t))function)(value);
}

int lunatic_spawn_value(struct lunatic_proc *child,
			const struct lunatic_spawn *how,
			void (*entry)(int64_t value), int64_t value)
{
	const struct lunatic_param params[] = {
		LUNATIC_I32((int32_t)(uintptr_t)call_with_value),
		LUNATIC_I32((int32_t)(uintptr_t)entry),
		LUNATIC_I64(value),
	};

	return spawn(child, how, "_lunatic_spawn_by_index_value", params, 3);
}

static void call_with_bytes(uintptr_t function)
{
	struct lunatic_reader argument;
	size_t size;
	void *data;

	lunatic_receive(&argument, LUNATIC_FOREVER);
	data = lunatic_read_bin_new(&argument, SIZE_MAX - 1, &size);
	if (data == NULL)
		lunatic_fail();
	((void (*)(const void *, size_t))function)(data, size);
	free(data);
}

int lunatic_spawn_bytes(struct lunatic_proc *child,
			const struct lunatic_spawn *how,
			void (*entry)(const void *data, size_t size),
			const void *data, size_t size)
{
	struct lunatic_writer argument;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_bin(&argument, data, size);
	return lunatic_spawn_helper(child, how, call_with_bytes,
				    (uintptr_t)entry, &argument);
}

static void call_with_reader(uintptr_t function)
{
	struct lunatic_reader argument;

	lunatic_receive(&argument, LUNATIC_FOREVER);
	((void (*)(struct lunatic_reader *))function)(&argument);
}

int lunatic_spawn_packed(struct lunatic_proc *child,
			 const struct lunatic_spawn *how,
			 void (*entry)(struct lunatic_reader *argument),
			 struct lunatic_writer *argument)
{
	return lunatic_spawn_helper(child, how, call_with_reader,
				    (uintptr_t)entry, argument);
}

void lunatic_proc_label(const char *label)
{
	lunatic_process_set_label(label, strlen(label));
}

struct lunatic_proc lunatic_proc_self(void)
{
	return (struct lunatic_proc){ lunatic_process_this() };
}

struct lunatic_proc lunatic_proc_clone(struct lunatic_proc proc)
{
	return (struct lunatic_proc){ lunatic_process_clone_process(proc.id) };
}

void lunatic_proc_drop(struct lunatic_proc proc)
{
	if (lunatic_proc_is(proc))
		lunatic_process_drop_process(proc.id);
}

bool lunatic_proc_is(struct lunatic_proc proc)
{
	return proc.id != UINT64_MAX;
}

void lunatic_proc_uuid(struct lunatic_proc proc, uint8_t uuid[16])
{
	lunatic_process_id(proc.id, uuid);
}

bool lunatic_proc_same(struct lunatic_proc one, struct lunatic_proc other)
{
	uint8_t uuids[2][16];

	lunatic_process_id(one.id, uuids[0]);
	lunatic_process_id(other.id, uuids[1]);
	return memcmp(uuids[0], uuids[1], sizeof(uuids[0])) == 0;
}

int64_t lunatic_proc_link(struct lunatic_proc proc)
{
	int64_t tag = lunatic_tag_new();

	lunatic_process_link(tag, proc.id);
	return tag;
}

void lunatic_proc_unlink(struct lunatic_proc proc)
{
	lunatic_process_unlink(proc.id);
}

int64_t lunatic_proc_monitor(struct lunatic_proc proc)
{
	return lunatic_process_monitor(proc.id);
}

void lunatic_proc_demonitor(int64_t tag)
{
	lunatic_process_demonitor(tag);
}

const char *lunatic_end_text(struct lunatic_end end)
{
	static const char *const texts[] = {
		[LUNATIC_RETURNED] = "it has returned",
		[LUNATIC_EXITED] = "it has exited",
		[LUNATIC_TRAPPED] = "it has trapped",
		[LUNATIC_KILLED] = "it was killed",
		[LUNATIC_NO_PROCESS] = "there is no such process",
		[LUNATIC_NODE_LOST] = "its node is lost",
	};

	if (end.reason >= sizeof(texts) / sizeof(texts[0]))
		return "for an unknown reason";
	return texts[end.reason];
}

int lunatic_proc_kill(struct lunatic_proc proc)
{
	lunatic_process_kill(proc.id);
	return 0;
}

void lunatic_links_catch(void)
{
	lunatic_process_die_when_link_dies(0);
}

void lunatic_links_die(void)
{
	lunatic_process_die_when_link_dies(1);
}

void lunatic_sleep(uint64_t milliseconds)
{
	lunatic_process_sleep_ms(milliseconds);
}

/* Far apart from the tags of other processes, because the process's UUID
 * is random. */
static int64_t first_tag(void)
{
	struct lunatic_proc self = lunatic_proc_self();
	uint64_t halves[2];

	lunatic_process_id(self.id, halves);
	lunatic_proc_drop(self);
	return (int64_t)((halves[0] ^ halves[1]) >> 2 | INT64_C(1) << 32);
}

int64_t lunatic_tag_new(void)
{
	static int64_t next;

	if (next == 0)
		next = first_tag();
	return next++;
}
