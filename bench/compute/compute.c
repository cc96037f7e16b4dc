/*
 * Five computations, each timed in a few rounds and checked against a result
 * that is known. The same source is built natively, by two compilers, and as a
 * guest; it uses nothing but the C library.
 *
 * Every computation takes its size from a variable that the compiler has to
 * read, so that none is done at compile time.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sha256.h"

#define ROUNDS 5

static volatile uint32_t fib_n = 32;
static volatile uint32_t sort_items = 300000;
static volatile uint32_t sieve_limit = 2000000;
static volatile uint32_t sha_bytes = 4 << 20;
static volatile uint32_t matrix_size = 192;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *must_allocate(size_t bytes)
{
	void *memory = malloc(bytes);

	if (memory == NULL) {
		fprintf(stderr, "compute: out of memory\n");
		exit(1);
	}
	return memory;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state;
}

/* Out of line, or the compiler unrolls the recursion. */
__attribute__((noinline)) static uint32_t fib(uint32_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint32_t run_fib(void)
{
	return fib(fib_n);
}

static void sort(uint32_t *items, ptrdiff_t count)
{
	while (count > 1) {
		uint32_t pivot = items[(count - 1) / 2];
		ptrdiff_t i = -1;
		ptrdiff_t j = count;

		for (;;) {
			do
				i++;
			while (items[i] < pivot);
			do
				j--;
			while (items[j] > pivot);
			if (i >= j)
				break;
			uint32_t item = items[i];
			items[i] = items[j];
			items[j] = item;
		}
		sort(items, j + 1);
		items += j + 1;
		count -= j + 1;
	}
}

/* Returns what depends on the place of every item. */
static uint32_t run_sort(void)
{
	uint32_t count = sort_items;
	uint32_t *items = must_allocate(count * sizeof(*items));
	uint32_t state = 1;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		items[i] = next_random(&state);
	sort(items, (ptrdiff_t)count);
	for (uint32_t i = 0; i < count; i++)
		sum = sum * 31 + items[i];
	free(items);
	return sum;
}

/* Returns the number of primes below the limit. */
static uint32_t run_sieve(void)
{
	uint32_t limit = sieve_limit;
	uint8_t *composite = must_allocate(limit);
	uint32_t primes = 0;

	memset(composite, 0, limit);
	for (uint32_t i = 2; i <= limit / i; i++) {
		if (composite[i])
			continue;
		for (uint32_t j = i * i; j < limit; j += i)
			composite[j] = 1;
	}
	for (uint32_t i = 2; i < limit; i++)
		primes += composite[i] == 0;
	free(composite);
	return primes;
}

static uint32_t run_sha256(void)
{
	uint32_t size = sha_bytes;
	uint8_t *data = must_allocate(size);
	uint8_t digest[32];

	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)i;
	sha256(data, size, digest);
	free(data);
	return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
	       (uint32_t)digest[2] << 8 | digest[3];
}

static void multiply(const double *restrict a, const double *restrict b,
		     double *restrict product, size_t n)
{
	memset(product, 0, n * n * sizeof(*product));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
		/* What clang does for the native target by itself, and
		 * not for wasm. */
#if defined(__clang__)
#pragma clang loop interleave_count(2)
#endif
			for (size_t j = 0; j < n; j++)
				product[i * n + j] +=
					a[i * n + k] * b[k * n + j];
		}
}

/* Returns the sum of the product's entries, which are small integers. */
static uint32_t run_matrix(void)
{
	size_t n = matrix_size;
	double *a = must_allocate(3 * n * n * sizeof(*a));
	double *b = a + n * n;
	double *product = b + n * n;
	double sum = 0;

	for (size_t i = 0; i < n * n; i++) {
		a[i] = (double)(i % 7);
		b[i] = (double)(i % 5);
	}
	multiply(a, b, product, n);
	for (size_t i = 0; i < n * n; i++)
		sum += product[i];
	free(a);
	return (uint32_t)sum;
}

static const struct computation {
	const char *name;
	uint32_t (*run)(void);
	uint32_t result;
} computations[] = {
	{ "fib", run_fib, 2178309 },
	{ "sort", run_sort, 1067636580 },
	{ "sieve", run_sieve, 148933 },
	{ "sha256", run_sha256, 0x2b078110 },
	{ "matrix", run_matrix, 42464245 },
};

int main(void)
{
	const size_t count = sizeof(computations) / sizeof(computations[0]);

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < count; i++) {
			const struct computation *c = &computations[i];
			uint64_t start = now();
			uint32_t result = c->run();
			uint64_t ns = now() - start;

			if (result != c->result) {
				fprintf(stderr, "compute: %s gave %u\n",
					c->name, result);
				return 1;
			}
			printf("%s %llu\n", c->name, (unsigned long long)ns);
		}
	}
	return 0;
}
