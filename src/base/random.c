/*
 * DESIGN
 * A spawn needs an id, and a system call for it would cost as much as a third
 * of the spawn. So each thread keeps a xoshiro256** state (Blackman, Vigna;
 * public domain algorithm), seeded with 256 bits from the kernel: two threads,
 * or two nodes, share a sequence with negligible probability. The accessor of
 * the thread's state is out of line, so that a fiber that changes threads
 * never keeps its address.
 */
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/fd.h"
#include "base/futex.h"

struct generator {
	bool seeded;
	uint64_t s[4];
};

static _Thread_local struct generator thread_generator;

/* Where getrandom(2) is refused, by a filter of system calls perhaps. */
static bool read_device(uint8_t *bytes, size_t len)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0;

	while (done && len > 0) {
		ssize_t n = read(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		done = n > 0;
		if (done) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	if (fd >= 0)
		ln_fd_close(fd);
	return done;
}

void ln_random_bytes(void *bytes, size_t len)
{
	static const char text[] =
		"lunatic: the system gives no random bytes: neither "
		"getrandom(2) nor /dev/urandom can be read\n";
	uint8_t *at = bytes;

	while (len > 0) {
		ssize_t n = getrandom(at, len > 256 ? 256 : len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && read_device(at, len))
			return;
		if (n < 0) {
			/* Ids and keys would not be unique. It does not matter
			 * whether the text is read. */
			(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
			_exit(1);
		}
		at += n;
		len -= (size_t)n;
	}
}

static inline uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t next(struct generator *g)
{
	uint64_t result = rotate(g->s[1] * 5, 7) * 9;
	uint64_t t = g->s[1] << 17;

	g->s[2] ^= g->s[0];
	g->s[3] ^= g->s[1];
	g->s[1] ^= g->s[2];
	g->s[0] ^= g->s[3];
	g->s[2] ^= t;
	g->s[3] = rotate(g->s[3], 45);
	return result;
}

LN_NOINLINE void ln_random_uuid(uint8_t id[16])
{
	struct generator *g = &thread_generator;
	uint64_t words[2];

	ln_thread_pin(1);
	if (LN_UNLIKELY(!g->seeded)) {
		ln_random_bytes(g->s, sizeof(g->s));
		g->seeded = true;
	}
	words[0] = next(g);
	words[1] = next(g);
	ln_thread_pin(-1);
	memcpy(id, words, 16);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}
