/* The parts of the node that handle frames; see struct ln_part. */
#ifndef LN_NODE_PARTS_H
#define LN_NODE_PARTS_H

struct ln_part;

extern const struct ln_part ln_part_messages;
extern const struct ln_part ln_part_fragments;
extern const struct ln_part ln_part_monitors;
extern const struct ln_part ln_part_links;
extern const struct ln_part ln_part_requests;
extern const struct ln_part ln_part_services;

#endif
