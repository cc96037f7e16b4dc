/*
 * DESIGN
 * `lunatic cluster-ca`: makes the files of --cert, --key and --ca. A CA is a
 * folder with ca.pem and ca.key; the certificates of nodes are put into the
 * same folder. Existing files are never overwritten.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "net/certificate.h"

#define DAY 86400
#define CA_DAYS 3650
#define NODE_DAYS 365
#define DAYS_MAX 36500

/* Clocks of machines differ. */
#define EARLIER (-DAY)

static const char usage[] =
	"Usage: lunatic cluster-ca init FOLDER [--days N]\n"
	"       lunatic cluster-ca node FOLDER NAME [--days N]\n"
	"\n"
	"Makes certificates by which nodes trust each other, instead of a\n"
	"cluster key that all share.\n"
	"\n"
	"  init    make a CA in a new folder: ca.pem, which every node needs,\n"
	"          and ca.key, which stays on this machine\n"
	"  node    make FOLDER/NAME.pem and FOLDER/NAME.key, which only that\n"
	"          node needs; NAME has letters, digits, dots, - and _\n"
	"  --days  days that the certificate is valid, 1 to 36500 (init:\n"
	"          3650, node: 365)\n"
	"\n"
	"A node is then started with\n"
	"  --cert NAME.pem --key NAME.key --ca ca.pem\n"
	"\n"
	"Existing files are kept. Exit status: 0, or 1 when nothing was\n"
	"made.\n";

struct request {
	const char *words[3]; /* init FOLDER, or node FOLDER NAME */
	int count;
	int64_t days; /* 0: the usual */
};

/* The paths of a certificate and its key. */
struct paths {
	char *certificate;
	char *key;
};

static int refuse(const char *what)
{
	ln_log_say("%s; see lunatic cluster-ca --help", what);
	return 1;
}

static bool read_days(const char *text, int64_t *days)
{
	unsigned long count;
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	count = strtoul(text, &end, 10);
	*days = (int64_t)count;
	return errno == 0 && *end == '\0' && count >= 1 && count <= DAYS_MAX;
}

/* Reads the words after the command; false after a line about a bad one. */
static bool read_words(int argc, char **argv, struct request *request)
{
	for (int at = 2; at < argc; at++) {
		const char *word = argv[at];

		if (strcmp(word, "--days") == 0 ||
		    strncmp(word, "--days=", 7) == 0) {
			const char *value =
				word[6] == '=' ? word + 7 : argv[++at];

			if (read_days(value, &request->days))
				continue;
			refuse("--days takes a number from 1 to 36500");
			return false;
		}
		if (word[0] == '-') {
			ln_log_say("unknown option '%s'; see lunatic "
				   "cluster-ca --help",
				   word);
			return false;
		}
		if (request->count == 3) {
			refuse("too many words after cluster-ca");
			return false;
		}
		request->words[request->count++] = word;
	}
	return true;
}

/* Whether it is valid as the name of a node's files, and not that of the CA's.
 */
static bool is_file_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len <= LN_CERTIFICATE_NAME_MAX && name[0] != '.' &&
	       strspn(name, letters) == len && strcmp(name, "ca") != 0;
}

static int make_paths(const char *folder, const char *name, struct paths *paths)
{
	paths->key = NULL;
	if (asprintf(&paths->certificate, "%s/%s.pem", folder, name) < 0) {
		paths->certificate = NULL;
		return LN_ENOMEM;
	}
	if (asprintf(&paths->key, "%s/%s.key", folder, name) < 0) {
		paths->key = NULL;
		return LN_ENOMEM;
	}
	return 0;
}

static void free_paths(const struct paths *paths)
{
	free(paths->certificate);
	free(paths->key);
}

static int tell(int error, const char *reason, const char *advice)
{
	ln_log_say("%s%s", reason[0] != '\0' ? reason : ln_error_text(error),
		   advice);
	return 1;
}

/* Makes a certificate in the folder, signed by the authority or, if that is
 * NULL, by itself, and prints what to do with it. */
static int make(const struct ln_certificate *authority, const char *folder,
		const char *file, const char *name, int64_t days)
{
	char reason[LN_CERTIFICATE_REASON_SIZE] = "";
	struct ln_certificate *certificate = NULL;
	struct paths paths;
	int error = make_paths(folder, file, &paths);

	if (error == 0)
		error = ln_certificate_new(authority, name, EARLIER, days * DAY,
					   &certificate);
	if (error == 0)
		error = ln_certificate_save(certificate, paths.certificate,
					    paths.key, reason);
	ln_certificate_free(certificate);
	if (error < 0)
		tell(error, reason,
		     error != LN_EEXIST ? ""
		     : authority == NULL
			     ? "; a CA is never overwritten: choose "
			       "another folder"
			     : "; remove it first if the node needs a new one");
	else if (authority == NULL)
		printf("a CA is in %s; next, for each node:\n"
		       "  lunatic cluster-ca node '%s' NAME\n",
		       folder, folder);
	else
		printf("%s and %s, valid for %lld days; the node is started "
		       "with\n"
		       "  --cert %s.pem --key %s.key --ca ca.pem\n",
		       paths.certificate, paths.key, (long long)days, file,
		       file);
	free_paths(&paths);
	return error == 0 && ln_cli_flush() ? 0 : 1;
}

static int make_authority(const struct request *request)
{
	const char *folder = request->words[1];

	if (request->count != 2)
		return refuse("init takes the name of a folder: "
			      "lunatic cluster-ca init cluster");
	if (mkdir(folder, 0700) < 0 && errno != EEXIST) {
		ln_log_say("cannot make the folder '%s': %s", folder,
			   strerror(errno));
		return 1;
	}
	return make(NULL, folder, "ca", "lunatic cluster CA",
		    request->days != 0 ? request->days : CA_DAYS);
}

static int make_node(const struct request *request)
{
	char reason[LN_CERTIFICATE_REASON_SIZE] = "";
	const char *folder = request->words[1];
	const char *name = request->words[2];
	struct ln_certificate *authority;
	struct paths paths;
	int error;
	int status;

	if (request->count != 3)
		return refuse("node takes the folder of a CA and the name of a "
			      "node: lunatic cluster-ca node cluster alpha");
	if (!is_file_name(name))
		return refuse("the name of a node's certificate has 1 to 64 "
			      "letters, digits, dots, - and _, begins with no "
			      "dot, and is not ca");
	error = make_paths(folder, "ca", &paths);
	if (error == 0)
		error = ln_certificate_load(paths.certificate, paths.key,
					    &authority, reason);
	free_paths(&paths);
	if (error < 0)
		return tell(error, reason,
			    error == LN_ENOENT
				    ? "; make a CA first: lunatic cluster-ca "
				      "init FOLDER"
				    : "");
	status = make(authority, folder, name, name,
		      request->days != 0 ? request->days : NODE_DAYS);
	ln_certificate_free(authority);
	return status;
}

int ln_cli_cluster_ca(int argc, char **argv)
{
	struct request request = { .count = 0 };

	for (int at = 2; at < argc; at++) {
		if (strcmp(argv[at], "--help") == 0 ||
		    strcmp(argv[at], "-h") == 0) {
			fputs(usage, stdout);
			return ln_cli_flush() ? 0 : 1;
		}
	}
	if (!read_words(argc, argv, &request))
		return 1;
	if (request.count > 0 && strcmp(request.words[0], "init") == 0)
		return make_authority(&request);
	if (request.count > 0 && strcmp(request.words[0], "node") == 0)
		return make_node(&request);
	return refuse("cluster-ca takes init or node");
}
