// Registering processes and finding them.
//
// stdout~ passed, 0 failed$
// stderr~ trapped: environment
#include <lunatic.h>

LUNATIC_TEST(found_by_version)
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_proc other;
	struct lunatic_proc found;

	LUNATIC_CHECK_EQ(lunatic_spawn(&other, NULL, lunatic_links_catch), 0);
	LUNATIC_CHECK_EQ(lunatic_register(env, "sdk", "1.0.0", self), 0);
	LUNATIC_CHECK_EQ(lunatic_register(env, "sdk", "one", self),
			 LUNATIC_EFORMAT);
	LUNATIC_CHECK_EQ(lunatic_lookup("sdk", "^1", &found), 0);
	LUNATIC_CHECK(lunatic_proc_same(found, self));
	LUNATIC_CHECK_EQ(lunatic_lookup("sdk", "^2", &found),
			 LUNATIC_ENOTFOUND);
	LUNATIC_CHECK(!lunatic_proc_is(found));
	LUNATIC_CHECK_EQ(lunatic_lookup("sdk", "?", &found), LUNATIC_EFORMAT);
	LUNATIC_CHECK_EQ(lunatic_unregister(env, "sdk", "x"), LUNATIC_EFORMAT);
	LUNATIC_CHECK_EQ(lunatic_unregister(env, "sdk", "1.0.0"), 0);
	LUNATIC_CHECK_EQ(lunatic_unregister(env, "sdk", "1.0.0"),
			 LUNATIC_ENOTFOUND);
	LUNATIC_CHECK_EQ(lunatic_lookup("sdk", "*", &found), LUNATIC_ENOTFOUND);
	lunatic_env_drop(env);
}

LUNATIC_TEST_FAILS(environment_that_was_dropped, "")
{
	struct lunatic_env env = lunatic_env_self();

	lunatic_env_drop(env);
	lunatic_env_drop(env);
}
