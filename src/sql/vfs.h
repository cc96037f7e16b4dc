/*
 * SQLite's file system: files below the directories of a connection's owner.
 * Every name is resolved below a directory, by descriptor, each time that it is
 * used, and never through a link at its end. Nothing is mapped, since guests
 * could truncate what is.
 */
#ifndef LN_SQL_VFS_H
#define LN_SQL_VFS_H

#include <sqlite3.h>
#include <stdbool.h>

#define LN_SQL_VFS "lunatic"

/* Longest path of the owner, in bytes, with what SQLite adds to it. */
#define LN_SQL_MAX_PATH 640

struct ln_quota;
struct ln_sql_owner;
struct ln_sql_shared;

/* An open file; SQLite has the memory for it. */
struct ln_sql_file {
	sqlite3_file base;
	const struct ln_sql_owner *owner;
	const char *name; /* SQLite's, for as long as the file is open */
	int fd;
	int level; /* of the lock that it holds */
	bool read_only;
	bool in_memory;      /* its file system has no device */
	bool sync_directory; /* it was made, and its entry not yet synced */
	/* Of the index of its log, sql/shared.c; NULL: not mapped. */
	struct ln_sql_shared *shared;
	unsigned short shared_mask; /* locks that it holds there */
	unsigned short exclusive_mask;
	unsigned regions; /* that it is charged for */
};

/* The methods of files, sql/file.c. */
extern const sqlite3_io_methods ln_sql_file_methods;

/* Registers the file system with SQLite. A result of SQLite. */
int ln_sql_vfs_register(void);

/* Opens a name of the owner's; flags of open(2), never through a link at its
 * end. Takes a unit of the quota. Negative values of errno. */
int ln_sql_open_name(const struct ln_sql_owner *owner, const char *name,
		     int flags);

/* Closes what that returned, and gives the unit of the quota back. */
void ln_sql_close_fd(struct ln_quota *files, int fd);

/* Removes it; -errno. */
int ln_sql_remove_name(const struct ln_sql_owner *owner, const char *name);

/* Has the kernel write down the entry of a name; -errno. */
int ln_sql_sync_directory(const struct ln_sql_owner *owner, const char *name);

/* Places or takes away (F_UNLCK) a lock of the open file; SQLITE_BUSY when
 * somebody else has one. */
int ln_sql_lock_range(int fd, short type, sqlite3_int64 start,
		      sqlite3_int64 len);

#endif
