// Settings: what comes before what, values of each kind, what is wrong and how
// it is said.
//
// stdout~ passed, 0 failed$
// options: --dir . --env SHOP_HTTP_PORT=9090 --env SHOP_BAD=12x
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lunatic_settings settings;

static void write_file(const char *text, size_t size)
{
	FILE *file = fopen("shop.conf", "w");

	LUNATIC_CHECK(file != NULL);
	LUNATIC_CHECK_EQ(fwrite(text, 1, size, file), size);
	LUNATIC_CHECK_EQ(fclose(file), 0);
}

static int open_text(const char *text)
{
	write_file(text, strlen(text));
	return lunatic_settings_open(&settings, "SHOP", "shop.conf");
}

static bool is(const char *key, const char *value)
{
	const char *found = lunatic_setting_text(&settings, key, NULL);

	return found != NULL && strcmp(found, value) == 0;
}

LUNATIC_TEST(values)
{
	LUNATIC_CHECK_EQ(open_text("# A shop.\n"
				   "\n"
				   "name = The  shop # of all\n"
				   "  colour=#red\n"
				   "quoted = \"a # b \" # c\r\n"
				   "empty =\n"
				   "hash = a#b\n"
				   "http.port = 8080\n"
				   "count = 0x10\n"
				   "low=-5\n"
				   "on = yes\n"
				   "off = no\n"
				   "pause = 250ms\n"
				   "wait = 2m\n"
				   "twice = 1\n"
				   "twice = 2"),
			 0);
	LUNATIC_CHECK(is("name", "The  shop"));
	LUNATIC_CHECK(is("colour", ""));
	LUNATIC_CHECK(is("quoted", "a # b "));
	LUNATIC_CHECK(is("empty", ""));
	LUNATIC_CHECK(is("hash", "a#b"));
	LUNATIC_CHECK(is("twice", "2"));
	LUNATIC_CHECK(is("http.port", "9090"));
	LUNATIC_CHECK(lunatic_setting_text(&settings, "none", NULL) == NULL);
	LUNATIC_CHECK_EQ(
		lunatic_setting_int(&settings, "http.port", 1, 1, 65535), 9090);
	LUNATIC_CHECK_EQ(lunatic_setting_int(&settings, "count", 0, 0, 16), 16);
	LUNATIC_CHECK_EQ(lunatic_setting_int(&settings, "low", 0, -5, 5), -5);
	LUNATIC_CHECK_EQ(lunatic_setting_int(&settings, "none", 7, 0, 5), 7);
	LUNATIC_CHECK(lunatic_setting_bool(&settings, "on", false));
	LUNATIC_CHECK(!lunatic_setting_bool(&settings, "off", true));
	LUNATIC_CHECK(lunatic_setting_bool(&settings, "none", true));
	LUNATIC_CHECK_EQ(lunatic_setting_time(&settings, "pause", 0, 1000),
			 250);
	LUNATIC_CHECK_EQ(lunatic_setting_time(&settings, "wait", 0, 120000),
			 120000);
	LUNATIC_CHECK_EQ(settings.status, 0);
	lunatic_settings_close(&settings);
}

static void is_wrong(int64_t value, const char *text)
{
	LUNATIC_CHECK_EQ(value, 3);
	LUNATIC_CHECK_EQ(settings.status, LUNATIC_ERANGE);
	LUNATIC_CHECK(strstr(settings.error, text) != NULL);
	settings.status = 0;
}

LUNATIC_TEST(wrong_values)
{
	struct lunatic_settings *s = &settings;

	LUNATIC_CHECK_EQ(open_text("a = 7\nb = 99999999999999999999\n"
				   "c = 5 apples\nd = perhaps\ne = 3h\n"),
			 0);
	is_wrong(lunatic_setting_int(s, "a", 3, 8, 9),
		 "shop.conf:1: a is '7'; it must be a number from 8 to 9");
	is_wrong(lunatic_setting_int(s, "b", 3, 0, INT64_MAX), "shop.conf:2");
	is_wrong(lunatic_setting_int(s, "c", 3, 0, 9), "'5 apples'");
	is_wrong(lunatic_setting_bool(s, "d", true) ? 3 : 0, "true, yes");
	is_wrong(lunatic_setting_time(s, "e", 3, 3600000), "250ms");
	is_wrong(lunatic_setting_time(s, "a", 3, 3600000), "250ms");
	is_wrong(lunatic_setting_int(s, "bad", 3, 0, 99),
		 "the variable SHOP_BAD is '12x'");
	// The first failure stays.
	lunatic_setting_int(s, "a", 3, 8, 9);
	lunatic_setting_int(s, "c", 3, 8, 9);
	LUNATIC_CHECK(strstr(settings.error, "conf:1") != NULL);
	lunatic_settings_close(s);
}

static void is_refused(const char *text, const char *error)
{
	LUNATIC_CHECK_EQ(open_text(text), LUNATIC_EFORMAT);
	LUNATIC_CHECK_EQ(strcmp(settings.error, error), 0);
	LUNATIC_CHECK(lunatic_setting_text(&settings, "a", NULL) == NULL);
}

LUNATIC_TEST(wrong_files)
{
	char *much = calloc(1, LUNATIC_SETTINGS_MAX + 1);

	is_refused("a = 1\nwhat is this\n",
		   "shop.conf:2: this is no `key = value`");
	is_refused("= 1\n", "shop.conf:1: this is no `key = value`");
	is_refused("a = \"b\n",
		   "shop.conf:1: the value of a does not end with its quote");
	is_refused("a = \"b\" c\n",
		   "shop.conf:1: the value of a does not end with its quote");
	write_file("a = 1\0b", 7);
	LUNATIC_CHECK_EQ(lunatic_settings_open(&settings, NULL, "shop.conf"),
			 LUNATIC_EFORMAT);
	LUNATIC_CHECK(much != NULL);
	memset(much, '\n', LUNATIC_SETTINGS_MAX + 1);
	write_file(much, LUNATIC_SETTINGS_MAX + 1);
	LUNATIC_CHECK_EQ(lunatic_settings_open(&settings, NULL, "shop.conf"),
			 LUNATIC_ETOOLONG);
	write_file(much, LUNATIC_SETTINGS_MAX);
	LUNATIC_CHECK_EQ(lunatic_settings_open(&settings, NULL, "shop.conf"),
			 0);
	lunatic_settings_close(&settings);
	free(much);
	LUNATIC_CHECK_EQ(lunatic_settings_open(&settings, NULL, "none.conf"),
			 LUNATIC_ENOTFOUND);
	LUNATIC_CHECK(strstr(settings.error, "none.conf: ") != NULL);
	LUNATIC_CHECK_EQ(lunatic_settings_open(&settings, "SHOP", NULL), 0);
	LUNATIC_CHECK(is("http.port", "9090"));
	lunatic_settings_close(&settings);
}
