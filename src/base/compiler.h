/*
 * The few compiler facts that several modules need: branch hints, cache lines,
 * which sanitizer watches this build, and assertions.
 */
#ifndef LN_BASE_COMPILER_H
#define LN_BASE_COMPILER_H

#include <stddef.h>

#define LN_LIKELY(x) __builtin_expect(!!(x), 1)
#define LN_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LN_NOINLINE __attribute__((noinline))
#define LN_CACHE_LINE 64

/* The struct of type `type` whose member `member` is at `pointer`. */
#define ln_container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#if defined(__SANITIZE_ADDRESS__)
#define LN_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LN_ASAN 1
#endif
#endif
#ifndef LN_ASAN
#define LN_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define LN_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LN_TSAN 1
#endif
#endif
#ifndef LN_TSAN
#define LN_TSAN 0
#endif

/* A function that may read and write the stacks of others. */
#if LN_ASAN
#define LN_NO_ASAN __attribute__((no_sanitize("address")))
#else
#define LN_NO_ASAN
#endif

/*
 * Assertions say what must be true here whatever guests and peers do: a false
 * one is a bug of ours, and ends the program with a line on standard error.
 * Debug builds have them, and with these all sanitizers and fuzzers; release
 * builds do not even compute the condition, so it must have no effect.
 */
#ifndef LN_ASSERTS
#define LN_ASSERTS 0
#endif

#if LN_ASSERTS
#define ln_assert(condition)  \
	(LN_LIKELY(condition) \
		 ? (void)0    \
		 : ln_assert_failed(#condition, __FILE__, __LINE__))
#else
#define ln_assert(condition) ((void)sizeof(!(condition)))
#endif

_Noreturn void ln_assert_failed(const char *condition, const char *file,
				int line);

#endif
