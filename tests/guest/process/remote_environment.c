// A remote environment where there are no other nodes: an error, that says what
// to do.
//
// stdout~ could not be created: this program is not a node; start it
#include <stdio.h>

#include "env.h"

int main(void)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	char text[200];
	uint64_t id;
	uint32_t len;

	CHECK_EQ(lunatic_process_create_remote_environment(config, "there", 5,
							   &id),
		 1);
	len = lunatic_error_string_size(id);
	CHECK(len < sizeof(text));
	lunatic_error_to_string(id, text);
	printf("%.*s\n", (int)len, text);
	// A name that nothing can have, and no name at all.
	CHECK_EQ(lunatic_process_create_remote_environment(config, "", 0, &id),
		 1);
	return 0;
}
