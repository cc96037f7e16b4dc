/* src/node/admission.c: who may be connected, who makes room for whom, and when
 * a silent node is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/admission.h"

#define SECOND INT64_C(1000000000)

static struct ln_node_id id_of(const char *name, uint8_t byte)
{
	struct ln_node_id id;

	memset(&id, 0, sizeof(id));
	strcpy(id.name, name);
	memset(id.incarnation, byte, sizeof(id.incarnation));
	return id;
}

static struct ln_greeting greeting_of(const char *name, uint8_t byte)
{
	const struct ln_node_id id = id_of(name, byte);
	struct ln_greeting greeting;

	ln_admission_greet(&id, 5 * SECOND, &greeting);
	return greeting;
}

static void greeting(void **state)
{
	struct ln_greeting own = greeting_of("one", 1);

	(void)state;
	assert_int_equal(own.version_min, LN_PROTOCOL_VERSION_MIN);
	assert_int_equal(own.version_max, LN_PROTOCOL_VERSION_MAX);
	assert_string_equal(own.id.name, "one");
	assert_true(ln_greeting_valid(&own));
	own.heartbeat = LN_HEARTBEAT_MIN - 1;
	assert_false(ln_greeting_valid(&own));
	own.heartbeat = LN_HEARTBEAT_MAX + 1;
	assert_false(ln_greeting_valid(&own));
	own.heartbeat = LN_HEARTBEAT_MAX;
	assert_true(ln_greeting_valid(&own));
	own.version_min = own.version_max + 1;
	assert_false(ln_greeting_valid(&own));
}

static void check(void **state)
{
	const struct ln_node_id self = id_of("one", 1);
	struct ln_greeting other = greeting_of("two", 2);

	(void)state;
	assert_int_equal(ln_admission_check(&self, &other), LN_ADMITTED);
	assert_int_equal(ln_admission_version(&other), LN_PROTOCOL_VERSION_MAX);
	other.version_max = LN_PROTOCOL_VERSION_MIN;
	assert_int_equal(ln_admission_check(&self, &other), LN_ADMITTED);
	assert_int_equal(ln_admission_version(&other), LN_PROTOCOL_VERSION_MIN);
	other.version_min = LN_PROTOCOL_VERSION_MAX + 1;
	other.version_max = UINT32_MAX;
	assert_int_equal(ln_admission_check(&self, &other), LN_REFUSED_VERSION);
	other.version_min = 0;
	other.version_max = LN_PROTOCOL_VERSION_MIN - 1;
	assert_int_equal(ln_admission_check(&self, &other), LN_REFUSED_VERSION);
	/* Versions that overlap are enough. */
	other.version_max = UINT32_MAX;
	assert_int_equal(ln_admission_check(&self, &other), LN_ADMITTED);
	other = greeting_of("one", 2);
	assert_int_equal(ln_admission_check(&self, &other), LN_REFUSED_NAME);
	/* This node itself, whatever it is called and speaks. */
	other = greeting_of("two", 1);
	other.version_min = UINT32_MAX;
	assert_int_equal(ln_admission_check(&self, &other), LN_REFUSED_SELF);
}

static void rivals(void **state)
{
	const struct ln_node_id one = id_of("one", 1);
	const struct ln_node_id same_name = id_of("one", 2);
	const struct ln_node_id same_run = id_of("two", 1);
	const struct ln_node_id neither = id_of("two", 2);

	(void)state;
	assert_true(ln_admission_rivals(&one, &one));
	assert_true(ln_admission_rivals(&one, &same_name));
	assert_true(ln_admission_rivals(&one, &same_run));
	assert_false(ln_admission_rivals(&one, &neither));
}

static void judgement(void **state)
{
	const struct ln_node_id rival = id_of("one", 1);
	const struct ln_node_id again = id_of("one", 1);
	const struct ln_node_id thief = id_of("one", 2);
	const int64_t asked = 100 * SECOND;
	const int64_t soon = asked + LN_ADMISSION_PROBE_TIME;
	enum ln_refusal why = LN_ADMITTED;

	(void)state;
	/* One that goes is waited for, however long. */
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_OVER, 0, &thief,
					    asked, soon + SECOND, &why),
			 LN_RIVALRY_WAIT);
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_CLAIMED, 0, &thief,
					    asked, asked, &why),
			 LN_RIVALRY_REFUSE);
	assert_int_equal(why, LN_REFUSED_NAME);
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_CLAIMED, 0, &again,
					    asked, asked, &why),
			 LN_RIVALRY_REFUSE);
	assert_int_equal(why, LN_REFUSED_DUPLICATE);
	/* A sign of life counts when it was given after the question. */
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_UP, asked, &thief,
					    asked, soon, &why),
			 LN_RIVALRY_PROBE);
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_UP, asked + 1,
					    &thief, asked, soon, &why),
			 LN_RIVALRY_REFUSE);
	assert_int_equal(why, LN_REFUSED_NAME);
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_UP, asked + 1,
					    &again, asked, soon + 1, &why),
			 LN_RIVALRY_REFUSE);
	assert_int_equal(why, LN_REFUSED_DUPLICATE);
	assert_int_equal(ln_admission_judge(&rival, LN_RIVAL_UP, asked, &thief,
					    asked, soon + 1, &why),
			 LN_RIVALRY_REPLACE);
}

static void refusals(void **state)
{
	(void)state;
	assert_int_equal(ln_refusal_error(LN_ADMITTED), 0);
	assert_int_equal(ln_refusal_error(LN_REFUSED_NAME), LN_EEXIST);
	assert_int_equal(ln_refusal_error(LN_REFUSED_VERSION), LN_EUNSUP);
	for (int i = LN_ADMITTED + 1; i < LN_REFUSAL_COUNT; i++) {
		assert_true(ln_refusal_error((enum ln_refusal)i) < 0);
		assert_true(strlen(ln_refusal_text((enum ln_refusal)i)) > 0);
	}
}

static void liveness(void **state)
{
	struct ln_liveness own;
	int64_t before;

	(void)state;
	/* The own patience counts; the shorter one decides how often it says
	 * something. */
	ln_liveness_init(&own, 8 * SECOND, 4 * SECOND);
	assert_int_equal(own.timeout, 8 * SECOND);
	assert_int_equal(own.pause, SECOND);
	ln_liveness_init(&own, 4 * SECOND, 8 * SECOND);
	assert_int_equal(own.timeout, 4 * SECOND);
	assert_int_equal(own.pause, SECOND);
	assert_int_equal(ln_liveness_deadline(&own),
			 ln_liveness_heard(&own) + 4 * SECOND);
	before = ln_liveness_heard(&own);
	atomic_store(&own.heard, before - SECOND);
	assert_int_equal(ln_liveness_deadline(&own), before + 3 * SECOND);
	ln_liveness_note(&own);
	assert_true(ln_liveness_heard(&own) >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greeting), cmocka_unit_test(check),
		cmocka_unit_test(rivals),   cmocka_unit_test(judgement),
		cmocka_unit_test(refusals), cmocka_unit_test(liveness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
