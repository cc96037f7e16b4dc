/* Lists of servers, and files of credentials; see servers.h. */
#include "nats/servers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "net/address.h"

#define PORT "4222"

/* Bytes of a file of credentials. */
#define CREDENTIALS_MAX 8192

static const char plain[] = "nats://";
static const char secure[] = "nats+tls://";
static const char jwt[] = "-----BEGIN NATS USER JWT-----";

/* Passes the prefix; false: there is none of the two. */
static bool skip_prefix(const char **text, bool *tls)
{
	*tls = strncmp(*text, secure, strlen(secure)) == 0;
	if (*tls)
		*text += strlen(secure);
	else if (strncmp(*text, plain, strlen(plain)) == 0)
		*text += strlen(plain);
	else
		return false;
	return true;
}

/* Where the port begins: behind the last colon that is in no brackets. */
static const char *port_of(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || strchr(colon, ']') != NULL)
		return NULL;
	return colon;
}

/* HOST:PORT of HOST[:PORT], allocated; NULL: memory is short. */
static char *complete(const char *text, size_t len)
{
	char *address = malloc(len + sizeof(":" PORT));

	if (address == NULL)
		return NULL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (port_of(address) == NULL)
		memcpy(address + len, ":" PORT, sizeof(":" PORT));
	return address;
}

static bool server_valid(const char *text, size_t len)
{
	char *address = complete(text, len);
	struct ln_endpoint endpoint;
	const char *reason;
	bool valid = address != NULL && strchr(address, '@') == NULL &&
		     (address[0] == '[' ||
		      strchr(address, ':') == port_of(address)) &&
		     strchr(address, '/') == NULL && address[0] != ':' &&
		     ln_endpoint_parse(address, strlen(address), &endpoint,
				       &reason) == 0 &&
		     endpoint.address.port != 0;

	free(address);
	return valid;
}

bool ln_nats_servers_valid(const char *text)
{
	size_t count = 0;
	bool tls;

	if (!skip_prefix(&text, &tls))
		return false;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!server_valid(text, len) || ++count > LN_NATS_SERVERS_MAX)
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
		/* It may be said again. */
		if (strstr(text, "://") != NULL &&
		    strstr(text, "://") < text + strcspn(text, ",")) {
			bool again;

			if (!skip_prefix(&text, &again) || again != tls)
				return false;
		}
	}
}

static int add_server(struct ln_nats_servers *servers, const char *text,
		      size_t len, bool tls)
{
	struct ln_nats_server *server = &servers->list[servers->count++];
	const char *host;
	size_t host_len;

	server->tls = tls;
	server->address = complete(text, len);
	if (server->address == NULL ||
	    asprintf(&server->url, "%s%s", tls ? "tls://" : plain,
		     server->address) < 0) {
		server->url = NULL;
		return LN_ENOMEM;
	}
	host = server->address;
	host_len = (size_t)(port_of(host) - host);
	if (host[0] == '[') {
		host++;
		host_len -= 2;
	}
	server->host = strndup(host, host_len);
	return server->host != NULL ? 0 : LN_ENOMEM;
}

int ln_nats_servers_init(struct ln_nats_servers *servers, const char *text)
{
	int error = 0;
	bool tls;

	*servers = (struct ln_nats_servers){ .count = 0 };
	if (!ln_nats_servers_valid(text) || !skip_prefix(&text, &tls))
		return LN_EINVAL;
	while (error == 0) {
		size_t len = strcspn(text, ",");
		bool again;

		error = add_server(servers, text, len, tls);
		if (text[len] == '\0')
			break;
		text += len + 1;
		(void)skip_prefix(&text, &again);
	}
	return error;
}

void ln_nats_servers_deinit(struct ln_nats_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++) {
		free(servers->list[i].url);
		free(servers->list[i].host);
		free(servers->list[i].address);
	}
	servers->count = 0;
}

/* Reads all of a file that nobody else may read. */
static int read_secret(const char *path, char text[CREDENTIALS_MAX + 1],
		       char *reason, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;
	ssize_t n = -1;
	/* A secret of Kubernetes is root's, and its group's. */
	mode_t others = 077;

	if (fd >= 0 && fstat(fd, &stat) == 0) {
		if (stat.st_uid == 0)
			others = 037;
		n = read(fd, text, CREDENTIALS_MAX + 1);
	}
	if (n < 0)
		snprintf(reason, size, "cannot read '%s': %s", path,
			 strerror(errno));
	else if ((stat.st_mode & others) != 0)
		snprintf(reason, size,
			 "others may read or write the credentials '%s'; run: "
			 "chmod 600 '%s'",
			 path, path);
	else if (n > CREDENTIALS_MAX)
		snprintf(reason, size, "'%s' is too long for credentials",
			 path);
	if (fd >= 0)
		ln_fd_close(fd);
	if (n < 0 || n > CREDENTIALS_MAX || (stat.st_mode & others) != 0)
		return LN_EINVAL;
	text[n] = '\0';
	return 0;
}

/* One line: USER:PASSWORD, or a token. */
static int read_line(struct ln_nats_login *login, char *text)
{
	char *colon;

	text[strcspn(text, "\r\n")] = '\0';
	colon = strchr(text, ':');
	if (colon == NULL) {
		login->token = strdup(text);
		return login->token != NULL ? 0 : LN_ENOMEM;
	}
	*colon = '\0';
	login->user = strdup(text);
	login->password = strdup(colon + 1);
	return login->user != NULL && login->password != NULL ? 0 : LN_ENOMEM;
}

int ln_nats_login_read(struct ln_nats_login *login, const char *path,
		       char *reason, size_t size)
{
	char *text = malloc(CREDENTIALS_MAX + 1);
	int error;

	*login = (struct ln_nats_login){ .file = NULL };
	if (text == NULL)
		return LN_ENOMEM;
	error = read_secret(path, text, reason, size);
	if (error < 0) {
		free(text);
		return error;
	}
	if (strstr(text, jwt) != NULL) {
		login->file = strdup(path);
		error = login->file != NULL ? 0 : LN_ENOMEM;
	} else if (text[strspn(text, " \t\r\n")] == '\0') {
		snprintf(reason, size,
			 "'%s' has no credentials in it: one line, "
			 "USER:PASSWORD or a token, or what nsc has made",
			 path);
		error = LN_EINVAL;
	} else {
		error = read_line(login, text);
	}
	explicit_bzero(text, CREDENTIALS_MAX + 1);
	free(text);
	return error;
}

static void wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void ln_nats_login_deinit(struct ln_nats_login *login)
{
	free(login->file);
	free(login->user);
	wipe(login->password);
	wipe(login->token);
}
