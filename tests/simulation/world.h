/*
 * Many nodes in one program: what a run of the simulation consists of. A seed
 * decides everything in it. One worker runs all tasks, one after the other, and
 * what would differ from run to run is drawn from the seed (fixed.c), so that
 * the same seed does the same again.
 *
 *   lines.c      connections between nodes, as they may be: slow, lost on one
 *                side first, made anew
 *   broker.c     the same through a server that loses, repeats and reorders
 *   actors.c     processes that send, link and end, and check what they get
 *   links.c      what they know of their links, and may be told
 *   names.c      names and groups in the cluster
 *   check.c      what must hold when all is quiet
 *   simulation.c the dice, the nodes, the report
 *
 * Beside that, sizes.h measures the mesh.
 */
#ifndef LN_TEST_SIMULATION_WORLD_H
#define LN_TEST_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "nats/packet.h"
#include "node/fabric.h"
#include "node/node.h"
#include "process/process.h"
#include "support/tasks.h"

#define MAX_NODES 256
#define MAX_ACTORS 8192

/* A line's number that stands for processes of the same node. */
#define SAME_NODE UINT32_MAX

/* Names with a version that actors take; tag of the first one's loss. */
#define NAMES 6
#define NAME_TAG 0x10000000
#define GROUPS 3

/* How often something happens: once in so many times; 0: never. */
struct odds {
	unsigned cut;
	unsigned crash;
	unsigned stall; /* a line carries nothing for a while */
	unsigned large; /* messages that go in pieces */
	unsigned end;   /* a step of an actor is its last */
	unsigned kill;
	/* With a broker: of packets, */
	unsigned drop;
	unsigned twice;
	unsigned swap;
	/* and of steps. */
	unsigned outage; /* the broker ends, and all lines with it */
	unsigned split;  /* for a while, nodes with odd numbers are apart */
};

struct config {
	const char *name;
	unsigned nodes;
	unsigned actors; /* of each node at first */
	unsigned degree; /* lines of each node; 0: to all others */
	unsigned phases; /* each ends when all is quiet */
	unsigned steps;  /* of each phase */
	unsigned seeds;
	/* Of two processes, both link and unlink; otherwise one of them, so
	 * that what the other is told is known exactly. */
	bool both_sides;
	bool broker;      /* lines go through a NATS server */
	size_t high_mark; /* 0: the node's own */
	struct odds odds;
};

struct line;
struct ln_message;

/* A node, and after it another one of the same name. */
struct host {
	struct ln_local_node *node; /* NULL: it is down */
	unsigned index;
	char name[16];
};

struct end {
	struct ln_channel channel;
	struct line *line;
	unsigned host;
	uint8_t incarnation[16]; /* of its node */
	enum { NOT_YET, UP, GOING_DOWN, DOWN } state;
	struct ln_session *session; /* unless NOT_YET or DOWN */
	struct ln_frame *frames;    /* under way to the other end */
	struct ln_frame **last;
	size_t bytes;          /* of them */
	struct test_task task; /* takes it down */

	/* With a broker, of which `frames` are packets. */
	struct ln_nats_flow flow;
	struct ln_bytes out; /* still to be sent */
	size_t out_at;
	struct ln_bytes in; /* received, not a whole frame yet */
	bool missing;       /* something for this end was lost: */
	uint64_t lost;      /* the packet with this number, and perhaps more */
};

struct line {
	struct end ends[2];
	uint32_t number; /* of all lines of the run; from 1 on */
	uint64_t stalled_until;
};

/* A message that one actor has tried to send to another. */
struct attempt {
	uint32_t before; /* the line between them then, */
	uint32_t after;  /* and when the call returned */
	enum { PENDING, SENT, REFUSED } state;
	bool received;
};

/* What an actor knows of another. */
struct acquaintance {
	struct actor *who;
	struct ln_process *handle; /* NULL: none now */
	struct attempt *attempts;  /* of what is sent to it */
	uint32_t count;
	uint32_t capacity;
	uint32_t heard;     /* the next message from it has this number or a
			     * greater one */
	int64_t tag;        /* the link as this one made it; 0: none */
	int64_t peer_tag;   /* likewise, what the other is told */
	uint32_t kill_line; /* when it was killed last; 0: never */
};

struct actor {
	uint32_t number; /* of all actors of the run */
	unsigned host;
	uint8_t incarnation[16]; /* of its node */
	struct ln_process *process;
	bool fragile;  /* dies when it is told of a death */
	bool crashed;  /* its node did */
	bool killed;   /* somebody has asked for it */
	unsigned owed; /* steps to be done */
	struct acquaintance *known;
	uint32_t known_count;
	uint32_t known_capacity;
	uint32_t handles;       /* of `known` */
	uint32_t groups;        /* that it is a member of; bits */
	uint32_t names;         /* that it believes to have; bits */
	uint32_t losses[NAMES]; /* that it is about to be told of */
	uint32_t taken[NAMES];  /* how often it was given a name */
	struct {
		uint64_t first;
		uint64_t last;
	} ranks[NAMES]; /* of what it was given */
};

/* A tag of a link: who is told of whom with it. */
struct tag {
	struct actor *told;
	struct actor *about;
	uint32_t line; /* between them when the link was made */
	bool own;      /* `told` made the link */
	bool seen;
};

struct world {
	const struct config *config;
	uint64_t seed;
	uint64_t random;
	uint64_t trace; /* hash of what has happened */
	uint64_t now;   /* steps of the driver */
	uint64_t split_until;
	struct ln_environment *environment;
	struct ln_task *driver;
	struct host hosts[MAX_NODES];
	struct actor *actors[MAX_ACTORS]; /* all that there were */
	uint32_t actor_count;
	struct line *between[MAX_NODES][MAX_NODES];
	struct line **lines;
	uint32_t line_count;
	uint32_t line_capacity;
	uint32_t lines_made;
	struct tag *tags; /* tag n is at n - 1 */
	uint32_t tag_count;
	uint32_t tag_capacity;
	struct {
		uint64_t messages;
		uint64_t deaths;
		uint64_t cuts;
		uint64_t crashes;
		uint64_t losses;  /* of names */
		uint64_t refused; /* packets that took a line down */
		uint64_t outages;
		uint64_t splits;
	} seen; /* so that a run without anything is noticed */
};

extern struct world world;

/* A number below `bound` that the seed decides. */
unsigned choose(unsigned bound);

/* True once in `one_in` times; 0: never. */
bool chance(unsigned one_in);

/* Mixes something into the trace. */
void trace(uint64_t what);

/* Notes what has happened, for the report of a failure. */
void note(const char *what, uint64_t a, uint64_t b, uint64_t c);

/* Ends the program with a report. */
_Noreturn void violated(const char *what, uint64_t a, uint64_t b, uint64_t c);

/* realloc that ends the program; `count` is doubled. */
void *grow(void *list, uint32_t *count, size_t size);

/* fixed.c: what is drawn from the seed begins anew, and what was allocated is
 * forgotten; it must have been freed. */
void fixed_begin(uint64_t seed);
/* The worker forgets what it did before; by the first task. */
void fixed_worker(void);
void fixed_end(void);

/* lines.c */
struct line *line_make(unsigned a, unsigned b);

/* The number of the line between the nodes of two actors if the end at the
 * first one is up, otherwise 0; SAME_NODE. A node that crashed has none. */
uint32_t line_of(const struct actor *at, const struct actor *to);

/* Does something that may happen to a line now: brings an end up, hands over
 * frames, takes down an end whose other end is down. False: nothing. */
bool line_step(struct line *line);

/* The end begins to go down. */
void line_cut(struct end *end);

/* Frees the lines that are over. */
void lines_reap(void);

/* Hands over all that there is; false: nothing happened. */
bool lines_settle(void);

/* What `line_step` does for packets, and the memory of an end's buffers. */
bool broker_hand_over(struct end *end, unsigned max);
void broker_init(struct end *end);
void broker_deinit(struct end *end);

/* Whether the broker is split between these two. */
bool broker_apart(unsigned a, unsigned b);

/* The broker ends. */
void broker_outage(void);

/* For lines.c and broker.c: what an end sends may wait for it. */
struct ln_frame *line_take(struct end *end);
struct end *line_other(struct end *end);

/* actors.c */
struct actor *actor_start(unsigned host);
bool actor_alive(const struct actor *actor);

/* Tells an actor to do something, or of another one. */
void actor_step(struct actor *actor);
void actor_introduce(struct actor *actor, struct actor *other);

/* Whether it has nothing to do. */
bool actor_idle(const struct actor *actor);

struct acquaintance *actor_known(struct actor *actor, struct actor *who);
void actors_free(void);

/* links.c; by the actor itself, the first with its mailbox empty. */
void links_change(struct actor *self, struct acquaintance *known, bool link);
void links_told(struct actor *self, int64_t tag);

/* Whether this one links and unlinks the other. */
bool links_owner(const struct actor *self, const struct actor *other);

/* Whether an actor has ended, and not normally. */
bool has_failed(const struct actor *actor);

/* names.c; by the actor itself. False: it was killed. */
bool names_change(struct actor *self);
void names_lost(struct actor *self, struct ln_message *message);
/* All is quiet. */
void names_check_actor(struct actor *actor);
void names_check_line(const struct line *line);
void names_check_empty(const struct host *host);

/* check.c: all is quiet. */
void check_all(void);

/* ... and nothing is left. */
void check_host_empty(struct host *host);

/* The actor that a process is. */
struct actor *actor_by_id(const uint8_t *id);

#endif
