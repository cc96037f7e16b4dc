/*
 * The index of a database's write-ahead log, which all connections of the
 * program to one file share (SQLite's xShm methods). It lies in the program's
 * memory. A lock on the file beside the database keeps other programs out: one
 * that maps the index from that file, as SQLite does by default, finds the
 * database busy, and so does this one when the other came first.
 */
#ifndef LN_SQL_SHARED_H
#define LN_SQL_SHARED_H

struct ln_sql_file;

int ln_sql_shared_map(struct ln_sql_file *file, int region, int size,
		      int extend, void volatile **at);
int ln_sql_shared_lock(struct ln_sql_file *file, int first, int count,
		       int flags);
void ln_sql_shared_barrier(struct ln_sql_file *file);
int ln_sql_shared_unmap(struct ln_sql_file *file, int remove);

#endif
