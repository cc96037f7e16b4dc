/*
 * DESIGN
 * One struct ln_sql_shared for each file whose log is in use, found by device
 * and inode; the open file keeps the inode from being another's. It holds the
 * regions of the index, and who has which of its eight locks. One lock protects
 * the list and all that is in it, for some instructions at a time. While the
 * first connection opens the file beside the database, and the last one closes
 * it, others wait for it by looking again: a file system may hang meanwhile,
 * which must not stop the connections to other files.
 *
 * SQLite's own file system takes a shared lock of one byte of that file (the
 * dead man's switch) for as long as it maps it, and an exclusive one when it is
 * the first. We hold an exclusive one: the index is nowhere but here. Who comes
 * second, we or another program, fails with SQLITE_PROTOCOL.
 *
 * A connection is charged for the regions that it uses, as if they were its
 * own.
 *
 * Threads: those of the runs of connections.
 */
#include "sql/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/compiler.h"
#include "base/list.h"
#include "sql/memory.h"
#include "sql/run.h"
#include "sql/vfs.h"

#define SWITCH_AT 128    /* the byte of the dead man's switch */
#define MAX_REGIONS 1024 /* of 32 KiB, each for 4,096 pages of the log */
#define SUFFIX "-shm"
#define REGION 32768   /* bytes, always */
#define MAX_LOOKS 1000 /* a millisecond each, as: */
#define MAX_TRIES 50

struct ln_sql_shared {
	struct ln_list link;
	dev_t device;
	ino_t inode;
	unsigned users;
	bool ready;             /* `fd` is open */
	int fd;                 /* of the file with the lock */
	struct ln_quota *files; /* that its unit is of */
	unsigned count;         /* of regions */
	void *regions[MAX_REGIONS];
	unsigned readers[SQLITE_SHM_NLOCK]; /* of each lock */
	bool writer[SQLITE_SHM_NLOCK];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ln_list all = { &all, &all };

static struct ln_sql_shared *find(const struct stat *stat)
{
	ln_list_for_each (at, &all) {
		struct ln_sql_shared *shared =
			ln_container_of(at, struct ln_sql_shared, link);

		if (shared->device == stat->st_dev &&
		    shared->inode == stat->st_ino)
			return shared;
	}
	return NULL;
}

static void name_of(const struct ln_sql_file *file,
		    char name[LN_SQL_MAX_PATH + sizeof(SUFFIX)])
{
	size_t len = strlen(file->name);

	ln_assert(len <= LN_SQL_MAX_PATH); /* mxPathname */
	memcpy(name, file->name, len);
	memcpy(name + len, SUFFIX, sizeof(SUFFIX));
}

static void wait_shortly(void)
{
	struct timespec time = { .tv_nsec = 1000000 };

	(void)nanosleep(&time, NULL); /* too short does no harm */
}

/* Opens the file beside the database and locks it. */
static LN_NOINLINE int keep_others_out(const struct ln_sql_file *file, int *out)
{
	char name[LN_SQL_MAX_PATH + sizeof(SUFFIX)];
	int code = SQLITE_BUSY;
	int fd;

	name_of(file, name);
	fd = ln_sql_open_name(file->owner, name, O_RDWR | O_CREAT);
	if (fd < 0)
		return SQLITE_CANTOPEN;
	/* Another program may be just about to leave. */
	for (int i = 0; i < MAX_TRIES; i++) {
		code = ln_sql_lock_range(fd, F_WRLCK, SWITCH_AT, 1);
		if (code != SQLITE_BUSY)
			break;
		wait_shortly();
	}
	/* SQLite would try again for ten seconds if it were BUSY. */
	if (code == SQLITE_BUSY)
		code = SQLITE_PROTOCOL;
	if (code == SQLITE_OK)
		*out = fd;
	else
		ln_sql_close_fd(file->owner->files, fd);
	return code;
}

static LN_NOINLINE void remove_file(const struct ln_sql_file *file)
{
	char name[LN_SQL_MAX_PATH + sizeof(SUFFIX)];

	name_of(file, name);
	/* One that stays does no harm. */
	(void)ln_sql_remove_name(file->owner, name);
}

/* Takes one out that nobody uses any more, and frees it. */
static void drop(struct ln_sql_shared *shared)
{
	pthread_mutex_lock(&lock);
	ln_list_remove(&shared->link);
	pthread_mutex_unlock(&lock);
	for (unsigned i = 0; i < shared->count; i++)
		free(shared->regions[i]);
	free(shared);
}

/* Makes one, which is not ready; under the lock. */
static struct ln_sql_shared *make(const struct stat *stat)
{
	struct ln_sql_shared *shared = calloc(1, sizeof(*shared));

	if (shared == NULL)
		return NULL;
	shared->device = stat->st_dev;
	shared->inode = stat->st_ino;
	shared->users = 1;
	ln_list_append(&all, &shared->link);
	return shared;
}

/* Finds that of a file, or makes it. *made: it is the caller's to make ready.
 */
static int attach(const struct stat *stat, struct ln_sql_shared **out,
		  bool *made)
{
	for (int i = 0; i < MAX_LOOKS; i++) {
		struct ln_sql_shared *shared;

		pthread_mutex_lock(&lock);
		shared = find(stat);
		*made = shared == NULL;
		if (shared == NULL)
			shared = make(stat);
		else if (shared->ready)
			shared->users++;
		*out = shared;
		if (shared == NULL || *made || shared->ready) {
			pthread_mutex_unlock(&lock);
			return shared != NULL ? SQLITE_OK : SQLITE_NOMEM;
		}
		pthread_mutex_unlock(&lock);
		wait_shortly();
	}
	return SQLITE_BUSY;
}

static int join(struct ln_sql_file *file)
{
	struct ln_sql_shared *shared;
	struct stat stat;
	bool made = false;
	int fd = -1;
	int code;

	ln_sql_run_move(); /* it may wait for others */
	if (fstat(file->fd, &stat) < 0)
		return SQLITE_IOERR_SHMOPEN;
	code = attach(&stat, &shared, &made);
	if (code != SQLITE_OK)
		return code;
	if (made) {
		code = keep_others_out(file, &fd);
		if (code != SQLITE_OK) {
			drop(shared);
			return code;
		}
		pthread_mutex_lock(&lock);
		shared->fd = fd;
		shared->files = file->owner->files;
		shared->ready = true;
		pthread_mutex_unlock(&lock);
	}
	file->shared = shared;
	return SQLITE_OK;
}

/* Makes regions up to `region`; under the lock. */
static int make_regions(struct ln_sql_shared *shared, unsigned region)
{
	if (region >= MAX_REGIONS)
		return SQLITE_FULL;
	while (shared->count <= region) {
		void *made = calloc(1, REGION);

		if (made == NULL)
			return SQLITE_NOMEM;
		shared->regions[shared->count++] = made;
	}
	return SQLITE_OK;
}

/* Charges the connection for the regions up to `region`. */
static bool charge(struct ln_sql_file *file, unsigned region)
{
	struct ln_sql_account *account = ln_sql_run_current()->account;

	while (file->regions <= region) {
		if (!ln_sql_account_share(account, REGION))
			return false;
		file->regions++;
	}
	return true;
}

int ln_sql_shared_map(struct ln_sql_file *file, int region, int size,
		      int extend, void volatile **at)
{
	unsigned number = (unsigned)region;
	struct ln_sql_shared *shared;
	int code = SQLITE_OK;

	*at = NULL;
	if (size != REGION)
		return SQLITE_IOERR_SHMMAP;
	if (file->shared == NULL)
		code = join(file);
	if (code != SQLITE_OK)
		return code;
	shared = file->shared;
	pthread_mutex_lock(&lock);
	if (extend != 0)
		code = make_regions(shared, number);
	if (number < shared->count)
		*at = shared->regions[number];
	pthread_mutex_unlock(&lock);
	if (*at != NULL && !charge(file, number)) {
		*at = NULL;
		code = SQLITE_NOMEM;
	}
	return code;
}

/* Whether the locks of a mask are free for a reader or a writer who has those
 * of `file` already; under the lock. */
static bool is_free(const struct ln_sql_file *file, int first, int count,
		    bool exclusive)
{
	const struct ln_sql_shared *shared = file->shared;

	for (int i = first; i < first + count; i++) {
		unsigned own = (file->shared_mask >> i) & 1u;

		if (shared->writer[i] ||
		    (exclusive && shared->readers[i] > own))
			return false;
	}
	return true;
}

static void take(struct ln_sql_file *file, int first, int count, bool exclusive)
{
	struct ln_sql_shared *shared = file->shared;

	for (int i = first; i < first + count; i++) {
		unsigned short bit = (unsigned short)(1u << i);

		if (exclusive) {
			shared->writer[i] = true;
			file->exclusive_mask |= bit;
		} else if ((file->shared_mask & bit) == 0) {
			shared->readers[i]++;
			file->shared_mask |= bit;
		}
	}
}

static void give_back(struct ln_sql_file *file, int first, int count)
{
	struct ln_sql_shared *shared = file->shared;

	for (int i = first; i < first + count; i++) {
		unsigned short bit = (unsigned short)(1u << i);

		if ((file->exclusive_mask & bit) != 0)
			shared->writer[i] = false;
		if ((file->shared_mask & bit) != 0) {
			ln_assert(shared->readers[i] > 0);
			shared->readers[i]--;
		}
		file->exclusive_mask &= (unsigned short)~bit;
		file->shared_mask &= (unsigned short)~bit;
	}
}

int ln_sql_shared_lock(struct ln_sql_file *file, int first, int count,
		       int flags)
{
	bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
	int code = SQLITE_OK;

	ln_assert(first >= 0 && count > 0 && first + count <= SQLITE_SHM_NLOCK);
	if (file->shared == NULL)
		return SQLITE_IOERR_SHMLOCK;
	ln_sql_run_count(1);
	pthread_mutex_lock(&lock);
	if ((flags & SQLITE_SHM_UNLOCK) != 0)
		give_back(file, first, count);
	else if (is_free(file, first, count, exclusive))
		take(file, first, count, exclusive);
	else
		code = SQLITE_BUSY;
	pthread_mutex_unlock(&lock);
	return code;
}

void ln_sql_shared_barrier(struct ln_sql_file *file)
{
	(void)file;
	/* As SQLite's own: whoever sees what comes later sees what came before.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
}

int ln_sql_shared_unmap(struct ln_sql_file *file, int remove)
{
	struct ln_sql_shared *shared = file->shared;
	struct ln_sql_run *run = ln_sql_run_current();
	bool last;

	if (shared == NULL)
		return SQLITE_OK;
	pthread_mutex_lock(&lock);
	give_back(file, 0, SQLITE_SHM_NLOCK);
	ln_assert(shared->users > 0);
	last = --shared->users == 0;
	if (last)
		shared->ready = false;
	pthread_mutex_unlock(&lock);
	file->shared = NULL;
	for (; file->regions > 0; file->regions--)
		ln_sql_account_unshare(run->account, REGION);
	if (!last)
		return SQLITE_OK;
	ln_sql_run_move();
	if (remove != 0)
		remove_file(file);
	ln_sql_close_fd(shared->files, shared->fd);
	drop(shared);
	return SQLITE_OK;
}
