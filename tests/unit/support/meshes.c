/* Nodes with meshes, for tests. */
#include "support/meshes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mesh/mesh.h"
#include "mesh/mesh_impl.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "support/processes.h"
#include "support/tasks.h"

static const uint8_t key[LN_TLS_KEY_SIZE] = { 7, 7, 7 };

void test_meshes_init(struct test_meshes *meshes)
{
	memset(meshes, 0, sizeof(*meshes));
	meshes->environment = test_environment_new(2, NULL);
	assert_int_equal(ln_tls_context_new_key(key, &meshes->tls), 0);
}

struct ln_mesh *test_meshes_mesh(struct test_meshes *meshes, int place)
{
	return ln_container_of(meshes->at[place].fabric, struct ln_mesh,
			       fabric);
}

const char *test_meshes_address(struct test_meshes *meshes, int place)
{
	return ln_mesh_class.address(meshes->at[place].fabric);
}

int test_meshes_try(struct test_meshes *meshes, const char *name,
		    const char *peer, char **error)
{
	const struct ln_local_node_options own = { .name = name };
	const struct ln_fabric_options options = {
		.address = "127.0.0.1:0",
		.peers = &peer,
		.peer_count = peer != NULL ? 1 : 0,
		.tls = meshes->tls,
		.heartbeat = meshes->heartbeat,
	};
	struct test_mesh *at = &meshes->at[meshes->count];
	int result;

	assert_true(meshes->count < TEST_MESHES);
	assert_int_equal(ln_local_node_new(meshes->environment->runtime, &own,
					   &at->node),
			 0);
	result = ln_mesh_class.start(at->node, &options, &at->fabric, error);
	if (result == 0)
		result = ln_mesh_class.join(at->fabric, NULL, error);
	meshes->count++;
	return result;
}

int test_meshes_start(struct test_meshes *meshes, const char *name,
		      const char *peer)
{
	char *error = NULL;
	int result = test_meshes_try(meshes, name, peer, &error);

	if (error != NULL)
		print_error("%s\n", error);
	assert_int_equal(result, 0);
	return meshes->count - 1;
}

void test_meshes_leave(struct test_meshes *meshes, int place)
{
	ln_mesh_class.leave(meshes->at[place].fabric);
	meshes->at[place].fabric = NULL;
	assert_int_equal(meshes->at[place].node->session_count, 0);
}

void test_meshes_await(struct test_meshes *meshes, int place, int count)
{
	struct ln_fabric_peer *peers;
	int n;

	for (int naps = 0; naps < 20000; naps++) {
		n = ln_mesh_class.list(meshes->at[place].fabric, &peers);
		free(peers);
		if (n == count)
			return;
		test_nap();
	}
	fail_msg("node %d is connected with %d, not %d", place, n, count);
}

void test_meshes_deinit(struct test_meshes *meshes)
{
	ln_runtime_stop(meshes->environment->runtime);
	for (int i = 0; i < meshes->count; i++) {
		struct ln_local_node *node = meshes->at[i].node;

		if (meshes->at[i].fabric != NULL)
			ln_mesh_class.leave(meshes->at[i].fabric);
		assert_int_equal(node->session_count, 0);
		assert_int_equal(ln_id_table_count(&node->peers), 0);
		assert_int_equal(ln_id_table_count(&node->exports), 0);
		assert_int_equal(node->proxies, 0);
		assert_int_equal(node->references, 1);
		ln_local_node_free(node);
	}
	ln_tls_context_free(meshes->tls);
	test_environment_free(meshes->environment);
}
