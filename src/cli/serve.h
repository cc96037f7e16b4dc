/* `lunatic serve`: the files that its options name, and the server. */
#ifndef LN_CLI_SERVE_H
#define LN_CLI_SERVE_H

struct ln_cli_options;
struct ln_module;
struct ln_process;
struct ln_runtime;

/* Makes what guests need to send requests, where --allow-http is given; after
 * the runtime, which has it until the second function, behind its end. */
void ln_cli_allow_http(struct ln_runtime *runtime,
		       struct ln_cli_options *options);
void ln_cli_forget_http(struct ln_cli_options *options);

/* Starts to serve with a module; NULL after a line about what went wrong. */
struct ln_process *ln_cli_serve(struct ln_module *module,
				const struct ln_cli_options *options);

#endif
