/*
 * The few compiler facts that several modules need: branch hints, cache lines,
 * and which sanitizer watches this build.
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

#endif
