/* The rows of the table of methods, each in the file of its name. */
#ifndef LN_CONTROL_METHODS_H
#define LN_CONTROL_METHODS_H

struct ln_control_method;

extern const struct ln_control_method ln_control_help;    /* methods.c */
extern const struct ln_control_method ln_control_program; /* methods.c */
extern const struct ln_control_method ln_control_ps;
extern const struct ln_control_method ln_control_top;
extern const struct ln_control_method ln_control_observe;
extern const struct ln_control_method ln_control_deaths;
extern const struct ln_control_method ln_control_death_trace; /* deaths.c */
extern const struct ln_control_method ln_control_environments;
extern const struct ln_control_method ln_control_sockets;
extern const struct ln_control_method ln_control_inspect;
extern const struct ln_control_method ln_control_kill;
extern const struct ln_control_method ln_control_log;
extern const struct ln_control_method ln_control_tree;
extern const struct ln_control_method ln_control_nodes;
extern const struct ln_control_method ln_control_send_module;
extern const struct ln_control_method ln_control_upgrade;
extern const struct ln_control_method ln_control_trace;

#endif
