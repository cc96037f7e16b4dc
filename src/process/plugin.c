/* Plugins, for those who hold them. */
#include "process/plugin.h"

#include "base/refs.h"

struct ln_plugin *ln_plugin_retain(struct ln_plugin *plugin)
{
	ln_refs_retain(&plugin->references);
	return plugin;
}

void ln_plugin_release(struct ln_plugin *plugin)
{
	if (ln_refs_release(&plugin->references))
		plugin->destroy(plugin);
}
