/*
 * Nodes with meshes in one program, on the loopback interface, all in one
 * runtime.
 */
#ifndef LN_TEST_SUPPORT_MESHES_H
#define LN_TEST_SUPPORT_MESHES_H

#include <stdint.h>

#include "mesh/mesh.h"
#include "net/tls.h"
#include "node/node.h"

struct ln_environment;

#define TEST_MESHES 16

struct test_meshes {
	struct ln_environment *environment;
	struct ln_tls_context *tls;
	int64_t heartbeat; /* of those that are started; 0: the default */
	int count;
	struct test_mesh {
		struct ln_local_node *node;
		struct ln_fabric *fabric; /* NULL: it has left */
	} at[TEST_MESHES];
};

/* A runtime, and a key for all; the test fails when there is none. */
void test_meshes_init(struct test_meshes *meshes);

/* Lets all leave, and checks that nothing is left. */
void test_meshes_deinit(struct test_meshes *meshes);

/* Starts a node, which has the address of `peer` if that is not NULL, and
 * joins; returns what joining did. *error is as of the fabric. */
int test_meshes_try(struct test_meshes *meshes, const char *name,
		    const char *peer, char **error);

/* The same, which must succeed; returns its place. */
int test_meshes_start(struct test_meshes *meshes, const char *name,
		      const char *peer);

/* The mesh of a node, for those who look into it. */
struct ln_mesh *test_meshes_mesh(struct test_meshes *meshes, int place);

/* The address of a node. */
const char *test_meshes_address(struct test_meshes *meshes, int place);

/* Ends a node as if its program had been told to. */
void test_meshes_leave(struct test_meshes *meshes, int place);

/* Waits until a node is connected with that many. */
void test_meshes_await(struct test_meshes *meshes, int place, int count);

#endif
