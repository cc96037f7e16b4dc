/*
 * DESIGN
 * Who may use the page has the token. At an address of this machine alone it is
 * drawn, printed with the address, and kept in a file beside the control socket
 * for as long as the program runs. At any other address it must be in a file
 * that the user names: so nobody opens a page to the network by accident, and
 * no log has its token.
 */
#include "cli/observe.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/options.h"
#include "control/place.h"
#include "net/address.h"
#include "observe/observe.h"
#include "observe/token.h"

/* observe/module.S. */
extern const uint8_t ln_observe_module[];
extern const uint64_t ln_observe_module_size;

struct ln_cli_observe {
	struct ln_observe *observe;
	char *file; /* of the token, to be removed; NULL: none */
};

static bool read_endpoint(const char *text, struct ln_endpoint *endpoint)
{
	const char *reason;

	return text[0] != ':' &&
	       ln_endpoint_parse(text, strlen(text), endpoint, &reason) == 0;
}

bool ln_cli_set_observe(struct ln_cli_options *options, const char *value)
{
	struct ln_endpoint endpoint;

	options->observe = value;
	return read_endpoint(value, &endpoint);
}

static bool is_loopback(const char *address)
{
	static const uint8_t six[16] = { [15] = 1 };
	struct ln_endpoint endpoint;

	if (!read_endpoint(address, &endpoint))
		return false;
	if (endpoint.address.version == 4)
		return endpoint.address.ip[0] == 127;
	if (endpoint.address.version == 6)
		return memcmp(endpoint.address.ip, six, sizeof(six)) == 0;
	return strcmp(endpoint.host, "localhost") == 0;
}

bool ln_cli_check_observe(const struct ln_cli_options *options)
{
	if (options->observe == NULL && options->observe_token == NULL)
		return true;
	if (options->action == LN_CLI_TEST)
		ln_log_say("lunatic test does not take '--observe'; see "
			   "lunatic --help");
	else if (options->observe == NULL)
		ln_log_say("--observe-token needs --observe HOST:PORT, where "
			   "the page is served; see lunatic --help");
	else if (options->observe_token == NULL &&
		 !is_loopback(options->observe))
		ln_log_say("--observe %s can be reached from other machines: "
			   "give it a token of your own with --observe-token "
			   "FILE, or use 127.0.0.1 (see lunatic help observe)",
			   options->observe);
	else
		return true;
	return false;
}

static bool complain(int result, char *error)
{
	ln_log_say("--observe: %s",
		   error != NULL ? error : ln_error_text(result));
	free(error);
	return false;
}

/* Reads the token of the user's file, which is made when it is not there. */
static bool read_token(const char *path, char token[LN_TOKEN_SIZE])
{
	char *error;
	int result = ln_token_read(path, token, &error);

	if (result == LN_ENOENT) {
		free(error);
		ln_token_draw(token);
		result = ln_token_write(path, token, &error);
	}
	return result == 0 || complain(result, error);
}

/* Writes a drawn token beside the control socket; what fails is told, and the
 * token is in the printed address all the same. */
static char *keep_token(const struct ln_cli_options *options, const char *token)
{
	char *folder;
	char *file = NULL;
	char *error;
	int result = ln_control_folder(options->ask.folder, &folder, &error);

	if (result < 0)
		goto fail;
	result = ln_control_make_folder(folder, &error);
	if (result == 0 &&
	    asprintf(&file, "%s/%d.token", folder, (int)getpid()) < 0) {
		file = NULL;
		result = LN_ENOMEM;
	}
	if (result == 0)
		result = ln_token_write(file, token, &error);
	free(folder);
	if (result == 0)
		return file;
fail:
	ln_log(LN_LOG_INFO, "--observe: no token file: %s",
	       error != NULL ? error : ln_error_text(result));
	free(error);
	free(file);
	return NULL;
}

static void tell(const struct ln_cli_observe *observe,
		 const struct ln_cli_options *options, const char *token)
{
	const char *address = ln_observe_address(observe->observe);

	if (!ln_log_enabled(LN_LOG_WARN))
		return;
	if (options->observe_token != NULL)
		ln_log_say("observe at http://%s/?token=... with the token in "
			   "%s",
			   address, options->observe_token);
	else
		ln_log_say("observe at http://%s/?token=%s", address, token);
}

static const char *program_name(const struct ln_cli_options *options)
{
	const char *name =
		options->no_entry ? options->node.name : options->file;
	const char *slash = name != NULL ? strrchr(name, '/') : NULL;

	if (slash != NULL && slash[1] != '\0')
		name = slash + 1;
	return name != NULL ? name : "lunatic";
}

/* Starts it with a token. */
static bool start(struct ln_runtime *runtime,
		  const struct ln_cli_options *options, const char *token,
		  struct ln_cli_observe *observe)
{
	const struct ln_observe_options wanted = {
		.runtime = runtime,
		.module = ln_observe_module,
		.module_len = ln_observe_module_size,
		.name = program_name(options),
		.address = options->observe,
		.token = token,
	};
	char *error;
	int result = ln_observe_start(&wanted, &observe->observe, &error);

	if (result == 0)
		return true;
	ln_log_say("cannot serve --observe at '%s': %s", options->observe,
		   error != NULL ? error : ln_error_text(result));
	free(error);
	return false;
}

bool ln_cli_start_observe(struct ln_runtime *runtime,
			  const struct ln_cli_options *options,
			  struct ln_cli_observe **out)
{
	struct ln_cli_observe *observe;
	char token[LN_TOKEN_SIZE];

	*out = NULL;
	if (options->observe == NULL)
		return true;
	if (ln_observe_module_size == 0) {
		ln_log_say("this lunatic was built without --observe: clang-19 "
			   "was not there");
		return false;
	}
	if (options->observe_token == NULL)
		ln_token_draw(token);
	else if (!read_token(options->observe_token, token))
		return false;
	observe = calloc(1, sizeof(*observe));
	if (observe == NULL)
		return complain(LN_ENOMEM, NULL);
	if (!start(runtime, options, token, observe)) {
		free(observe);
		return false;
	}
	if (options->observe_token == NULL)
		observe->file = keep_token(options, token);
	tell(observe, options, token);
	*out = observe;
	return true;
}

void ln_cli_observe_member(struct ln_cli_observe *observe,
			   struct ln_node *member)
{
	if (observe != NULL)
		ln_observe_set_member(observe->observe, member);
}

void ln_cli_stop_observe(struct ln_cli_observe *observe)
{
	if (observe == NULL)
		return;
	ln_observe_stop(observe->observe);
	if (observe->file != NULL)
		/* Its token is of no use any more. */
		(void)unlink(observe->file);
	free(observe->file);
	free(observe);
}
