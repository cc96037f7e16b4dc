/*
 * DESIGN
 * A header in front of each block says which account it is of: that of the run
 * in which it was allocated (sql/run.h), or none. Charges are made in advance,
 * in pieces of CHARGE bytes, so that few allocations have to ask. Nobody but
 * the run of an account charges for it, so the owner is only touched while it
 * waits; a block that another run frees is merely counted.
 *
 * An account is freed with its last block.
 */
#include "sql/memory.h"

#include <sqlite3.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "sql/run.h"

#define CHARGE ((uint64_t)64 << 10)
#define SPARE (4 * CHARGE)

struct ln_sql_account {
	const struct ln_sql_owner *owner; /* NULL: it has let go */
	uint64_t charged;                 /* by the runs of the account */
	_Atomic uint64_t used;            /* with headers */
	_Atomic uint64_t references;      /* the connection's, and blocks */
};

struct header {
	alignas(max_align_t) struct ln_sql_account *account; /* or NULL */
	size_t size; /* of the block behind it */
};

static struct header *header_of(void *block)
{
	return (struct header *)block - 1;
}

struct ln_sql_account *ln_sql_account_new(const struct ln_sql_owner *owner)
{
	struct ln_sql_account *account = calloc(1, sizeof(*account));

	if (account != NULL) {
		account->owner = owner;
		atomic_init(&account->references, 1);
	}
	return account;
}

static void release(struct ln_sql_account *account)
{
	/* Acquire and release: what others did to it comes before its end. */
	if (atomic_fetch_sub_explicit(&account->references, 1,
				      memory_order_acq_rel) == 1)
		free(account);
}

/* Relaxed, as below: just numbers. */
uint64_t ln_sql_account_used(const struct ln_sql_account *account)
{
	return atomic_load_explicit(&account->used, memory_order_relaxed);
}

/* Refunds what is charged beyond `bytes`. */
static void refund_beyond(struct ln_sql_account *account, uint64_t bytes)
{
	const struct ln_sql_owner *owner = account->owner;

	if (account->charged <= bytes)
		return;
	owner->refund(owner->context, account->charged - bytes);
	account->charged = bytes;
}

void ln_sql_account_trim(struct ln_sql_account *account)
{
	uint64_t used = ln_sql_account_used(account);

	if (account->charged > used + SPARE)
		refund_beyond(account, used + CHARGE);
}

void ln_sql_account_close(struct ln_sql_account *account)
{
	refund_beyond(account, 0);
	account->owner = NULL;
	release(account);
}

/* Charges the owner, so that `used` bytes are paid for. */
static bool charge(struct ln_sql_account *account, uint64_t used)
{
	const struct ln_sql_owner *owner = account->owner;
	uint64_t missing;

	if (used <= account->charged)
		return true;
	missing = used - account->charged;
	if (owner->charge(owner->context, missing + CHARGE))
		missing += CHARGE;
	else if (!owner->charge(owner->context, missing))
		return false;
	account->charged += missing;
	return true;
}

/* Counts bytes for an account, in whatever run; false: too many. */
static bool take(struct ln_sql_account *account, uint64_t bytes)
{
	struct ln_sql_run *run = ln_sql_run_current();
	uint64_t used = atomic_fetch_add_explicit(&account->used, bytes,
						  memory_order_relaxed) +
			bytes;

	if (run == NULL || run->account != account || charge(account, used))
		return true;
	atomic_fetch_sub_explicit(&account->used, bytes, memory_order_relaxed);
	return false;
}

static void give_back(struct ln_sql_account *account, uint64_t bytes)
{
	uint64_t before = atomic_fetch_sub_explicit(&account->used, bytes,
						    memory_order_relaxed);

	ln_assert(before >= bytes);
	(void)before;
}

bool ln_sql_account_share(struct ln_sql_account *account, uint64_t bytes)
{
	return take(account, bytes);
}

void ln_sql_account_unshare(struct ln_sql_account *account, uint64_t bytes)
{
	give_back(account, bytes);
}

static void *allocate(int size)
{
	struct ln_sql_run *run = ln_sql_run_current();
	struct ln_sql_account *account = run != NULL ? run->account : NULL;
	size_t total = (size_t)size + sizeof(struct header);
	struct header *header;

	if (run != NULL && !ln_sql_run_may_allocate(run, (size_t)size))
		return NULL;
	if (account != NULL && !take(account, total))
		return NULL;
	header = malloc(total);
	if (header == NULL) {
		if (account != NULL)
			give_back(account, total);
		return NULL;
	}
	header->account = account;
	header->size = (size_t)size;
	if (account != NULL)
		atomic_fetch_add_explicit(&account->references, 1,
					  memory_order_relaxed);
	return header + 1;
}

static void deallocate(void *block)
{
	struct header *header;
	struct ln_sql_account *account;

	if (block == NULL)
		return;
	header = header_of(block);
	account = header->account;
	if (account != NULL)
		give_back(account, header->size + sizeof(*header));
	free(header);
	if (account != NULL)
		release(account);
}

static void *reallocate(void *block, int size)
{
	struct ln_sql_run *run = ln_sql_run_current();
	struct header *header = header_of(block);
	struct ln_sql_account *account = header->account;
	size_t old = header->size;
	size_t new = (size_t)size;
	struct header *moved;

	if (run != NULL && new > old && !ln_sql_run_may_allocate(run, new))
		return NULL;
	if (account != NULL && new > old && !take(account, new - old))
		return NULL;
	moved = realloc(header, new + sizeof(*header));
	if (moved == NULL) {
		if (account != NULL && new > old)
			give_back(account, new - old);
		return NULL;
	}
	if (account != NULL && new < old)
		give_back(account, old - new);
	moved->size = new;
	return moved + 1;
}

static int size_of(void *block)
{
	return block != NULL ? (int)header_of(block)->size : 0;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int start(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void stop(void *unused)
{
	(void)unused;
}

int ln_sql_memory_configure(void)
{
	static const sqlite3_mem_methods methods = {
		.xMalloc = allocate,
		.xFree = deallocate,
		.xRealloc = reallocate,
		.xSize = size_of,
		.xRoundup = round_up,
		.xInit = start,
		.xShutdown = stop,
	};

	return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
