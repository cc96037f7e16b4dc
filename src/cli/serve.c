/* `lunatic serve`. In the main thread. */
#include "cli/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/options.h"
#include "net/address.h"
#include "net/tls.h"
#include "net/tls_public.h"
#include "process/runtime.h"
#include "serve/server.h"

/* ---- Files ---- */

/* Reads a file of at most `max` bytes; NULL after a line. The caller's. */
static void *read_pem(const char *name, size_t max, size_t *len)
{
	FILE *file = fopen(name, "re");
	char *data = file != NULL ? malloc(max + 1) : NULL;

	if (data != NULL)
		*len = fread(data, 1, max + 1, file);
	if (data == NULL || ferror(file) || *len > max) {
		ln_log_say("'%s' cannot be read: %s", name,
			   data != NULL && *len > max ? "it is too large"
						      : strerror(errno));
		free(data);
		data = NULL;
	}
	if (file != NULL)
		(void)fclose(file); /* it was only read */
	return data;
}

static int make_context(const struct ln_serve_words *words,
			struct ln_tls_context **context)
{
	char reason[LN_TLS_REASON_SIZE] = "out of memory";
	struct ln_tls_pem certificate = { 0 };
	struct ln_tls_pem key = { 0 };
	int error = LN_EINVAL;

	certificate.data = read_pem(words->certificate, LN_TLS_PEM_CHAIN,
				    &certificate.len);
	if (certificate.data != NULL)
		key.data = read_pem(words->key, LN_TLS_PEM_KEY, &key.len);
	if (key.data != NULL) {
		error = ln_tls_context_new_server(&certificate, &key, context,
						  reason);
		explicit_bzero((void *)key.data, key.len);
		if (error < 0)
			ln_log_say("--cert and --key: %s", reason);
	}
	free((void *)certificate.data);
	free((void *)key.data);
	return error;
}

/* False after a line about what is wrong. */
static bool take_tls(const struct ln_serve_words *words,
		     struct ln_serve_options *options)
{
	if (words->certificate == NULL && words->key == NULL)
		return true;
	if (words->certificate == NULL || words->key == NULL) {
		ln_log_say("--cert and --key belong together; see "
			   "lunatic --help");
		return false;
	}
	return make_context(words, &options->tls) == 0;
}

static bool take_log(const struct ln_serve_words *words,
		     struct ln_serve_options *options)
{
	const char *name = words->access_log;

	if (name == NULL)
		return true;
	if (strcmp(name, "-") == 0)
		options->access_log = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		options->access_log = open(
			name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (options->access_log >= 0)
		return true;
	ln_log_say("'%s' cannot be written: %s", name, strerror(errno));
	return false;
}

/* ---- Outgoing requests ---- */

void ln_cli_allow_http(struct ln_runtime *runtime,
		       struct ln_cli_options *options)
{
	struct ln_outgoing *outgoing = &options->serving->outgoing;
	char reason[LN_TLS_REASON_SIZE] = "out of memory";

	if (outgoing->count == 0)
		return;
	if (ln_tls_context_new_client(NULL, 0, &outgoing->tls, reason) < 0) {
		outgoing->tls = NULL;
		ln_log(LN_LOG_WARN, "no requests over TLS: %s", reason);
	}
	runtime->outgoing = outgoing;
}

void ln_cli_forget_http(struct ln_cli_options *options)
{
	ln_tls_context_free(options->serving->outgoing.tls);
	options->serving->outgoing.tls = NULL;
}

/* ---- Serving ---- */

static void say_where(const struct ln_serve_options *options,
		      const struct ln_address *address)
{
	char text[LN_ADDRESS_TEXT];

	ln_address_format(address, text);
	ln_log_say("serving at %s://%s/",
		   options->tls != NULL ? "https" : "http", text);
}

struct ln_process *ln_cli_serve(struct ln_module *module,
				const struct ln_cli_options *options)
{
	struct ln_serve_options wanted = options->serving->options;
	struct ln_process *process = NULL;
	char reason[LN_SERVE_REASON];
	struct ln_address address;
	int error;

	if (!take_tls(options->serving, &wanted))
		return NULL;
	if (!take_log(options->serving, &wanted)) {
		ln_tls_context_free(wanted.tls);
		return NULL;
	}
	error = ln_serve_start(module, &wanted, &process, &address, reason);
	if (error < 0) {
		ln_log_say("cannot serve '%s': %s", options->file,
			   reason[0] != '\0' ? reason : ln_error_text(error));
		return NULL;
	}
	say_where(&wanted, &address);
	return process;
}
