/* The page's parts, each from its file, which the compiler puts in here. */
#include "page.h"

#include <string.h>

#include "../examples/http/connection.h"

static const char body[] = {
#embed "page/page.html"
};
static const char style[] = {
#embed "page/page.css"
};
static const char scripts[] = {
#embed "page/base.js"
	,
#embed "page/charts.js"
	,
#embed "page/tables.js"
	,
#embed "page/tree.js"
	,
#embed "page/views.js"
	,
#embed "page/main.js"
};

#define TEXT(text) { (text), sizeof(text) - 1 }

/* In their order; where there is no text is the nonce. */
static const struct {
	const char *text;
	size_t size;
} parts[] = {
	TEXT("<!doctype html>\n<html lang=\"en\">\n<head>\n"
	     "<meta charset=\"utf-8\">\n"
	     "<meta name=\"viewport\" "
	     "content=\"width=device-width, initial-scale=1\">\n"
	     "<title>lunatic</title>\n"
	     "<link rel=\"icon\" href=\"data:,\">\n<style nonce=\""),
	{ NULL, 0 },
	TEXT("\">\n"),
	{ style, sizeof(style) },
	TEXT("</style>\n</head>\n"),
	{ body, sizeof(body) },
	TEXT("<script nonce=\""),
	{ NULL, 0 },
	TEXT("\">\n\"use strict\";\n"),
	{ scripts, sizeof(scripts) },
	TEXT("</script>\n</body>\n</html>\n"),
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

uint64_t page_size(const char *nonce)
{
	uint64_t size = 0;

	for (size_t i = 0; i < PARTS; i++)
		size += parts[i].text != NULL ? parts[i].size : strlen(nonce);
	return size;
}

void page_put(const char *nonce)
{
	for (size_t i = 0; i < PARTS; i++) {
		if (parts[i].text != NULL)
			connection_put(parts[i].text, parts[i].size);
		else
			connection_put_text(nonce);
	}
}
