/* src/base/fair.c: turns of tenants, and the maximum that runs for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/fair.h"

struct job {
	struct ln_list link;
	struct ln_tenant *tenant;
	char name;
};

/* Queues jobs named by the letters of `names`. */
static void queue(struct ln_tenant *tenant, struct job *jobs, const char *names)
{
	for (size_t i = 0; names[i] != '\0'; i++) {
		jobs[i] = (struct job){ .tenant = tenant, .name = names[i] };
		ln_tenant_queue(tenant, &jobs[i].link);
	}
}

static struct job *take(struct ln_tenant *root)
{
	struct ln_list *link = ln_tenant_take(root);

	return link != NULL ? ln_container_of(link, struct job, link) : NULL;
}

/* Runs one job after the other, and checks their order. */
static void check_order(struct ln_tenant *root, const char *names)
{
	struct job *job;

	for (size_t i = 0; names[i] != '\0'; i++) {
		assert_true(ln_tenant_ready(root));
		job = take(root);
		assert_non_null(job);
		assert_int_equal(job->name, names[i]);
		ln_tenant_end(job->tenant);
	}
	assert_false(ln_tenant_ready(root));
	assert_null(take(root));
}

static void tenants_take_turns(void **state)
{
	struct ln_tenant *root = ln_tenant_new(NULL, 4);
	struct ln_tenant *a = ln_tenant_new(root, 2);
	struct ln_tenant *b = ln_tenant_new(root, 2);
	struct job jobs[3][8];

	(void)state;
	queue(a, jobs[0], "aAaA");
	queue(b, jobs[1], "b");
	queue(root, jobs[2], "rR");
	check_order(root, "abrARaA");
	ln_tenant_release(a);
	ln_tenant_release(b);
	ln_tenant_release(root);
}

/* Whoever divides into many gets no more for that. */
static void branches_take_turns(void **state)
{
	struct ln_tenant *root = ln_tenant_new(NULL, 4);
	struct ln_tenant *a = ln_tenant_new(root, 2);
	struct ln_tenant *b = ln_tenant_new(root, 2);
	struct ln_tenant *b1 = ln_tenant_new(b, 1);
	struct ln_tenant *b2 = ln_tenant_new(b, 1);
	struct job jobs[3][8];

	(void)state;
	queue(b1, jobs[1], "xXx");
	queue(b2, jobs[2], "yYy");
	queue(a, jobs[0], "aAa");
	check_order(root, "xayAXaYxy");
	ln_tenant_release(b1);
	ln_tenant_release(b2);
	ln_tenant_release(a);
	ln_tenant_release(b);
	ln_tenant_release(root);
}

static void a_maximum_runs(void **state)
{
	struct ln_tenant *root = ln_tenant_new(NULL, 4);
	struct ln_tenant *a = ln_tenant_new(root, 2);
	struct ln_tenant *below = ln_tenant_new(a, 1);
	struct job jobs[2][8];
	struct job more = { .tenant = below, .name = 'm' };
	struct job other = { .tenant = root, .name = 'o' };

	(void)state;
	assert_int_equal(ln_tenant_max(a), 2);
	queue(below, jobs[0], "xy");
	queue(a, jobs[1], "abc");
	assert_int_equal(take(root)->name, 'x');
	/* One job of those below runs: that is their maximum. */
	assert_int_equal(take(root)->name, 'a');
	/* And now two of `a`. */
	assert_false(ln_tenant_ready(root));
	assert_null(take(root));
	assert_false(ln_tenant_queue(below, &more.link));
	assert_true(ln_tenant_queue(root, &other.link));
	assert_int_equal(take(root)->name, 'o');
	ln_tenant_end(root);
	/* `y` may run now, behind what has waited since before. */
	ln_tenant_end(below);
	assert_int_equal(take(root)->name, 'b');
	ln_tenant_end(a);
	assert_int_equal(take(root)->name, 'y');
	ln_tenant_end(a);
	ln_tenant_end(below);
	ln_tenant_withdraw(below, &more.link);
	assert_int_equal(take(root)->name, 'c');
	ln_tenant_end(a);
	assert_null(take(root));
	ln_tenant_release(below);
	ln_tenant_release(a);
	ln_tenant_release(root);
}

/* The root's own maximum holds for its own jobs, too. */
static void the_root_is_bounded(void **state)
{
	struct ln_tenant *root = ln_tenant_new(NULL, 1);
	struct job jobs[3];

	(void)state;
	queue(root, jobs, "ab");
	assert_int_equal(take(root)->name, 'a');
	assert_false(ln_tenant_ready(root));
	assert_null(take(root));
	ln_tenant_end(root);
	assert_int_equal(take(root)->name, 'b');
	ln_tenant_end(root);
	ln_tenant_release(root);
}

/* A tenant whose job still runs counts for those above until it ends. */
static void released_while_it_runs(void **state)
{
	struct ln_tenant *root = ln_tenant_new(NULL, 2);
	struct ln_tenant *a = ln_tenant_new(root, 1);
	struct ln_tenant *b = ln_tenant_new(a, 1);
	struct job jobs[2][2];

	(void)state;
	queue(b, jobs[0], "b");
	assert_int_equal(take(root)->name, 'b');
	ln_tenant_release(b);
	queue(a, jobs[1], "a");
	assert_null(take(root));
	ln_tenant_end(b);
	assert_int_equal(take(root)->name, 'a');
	ln_tenant_release(a);
	ln_tenant_end(a);
	ln_tenant_release(root);
	ln_tenant_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tenants_take_turns),
		cmocka_unit_test(branches_take_turns),
		cmocka_unit_test(a_maximum_runs),
		cmocka_unit_test(the_root_is_bounded),
		cmocka_unit_test(released_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
