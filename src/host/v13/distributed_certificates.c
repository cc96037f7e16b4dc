/*
 * lunatic::distributed: the certificates of the original's control server.
 * There is none here, and guests get no keys of the cluster: nodes are given a
 * cluster key or certificates on the command line.
 */
#include "host/abi_gen.h"

static int refuse(struct ln_guest *guest)
{
	return ln_guest_trap(guest,
			     "there is no control server here; nodes trust "
			     "each other by a cluster key, or by certificates "
			     "that `lunatic cluster-ca` makes");
}

int ln_host_v13_distributed_test_root_cert(struct ln_guest *guest, uint8_t *len,
					   uint32_t *result)
{
	(void)len;
	(void)result;
	return refuse(guest);
}

int ln_host_v13_distributed_default_server_certificates(
	struct ln_guest *guest, struct ln_slice certificate,
	struct ln_slice key, uint8_t *len, uint32_t *result)
{
	(void)certificate;
	(void)key;
	(void)len;
	(void)result;
	return refuse(guest);
}

int ln_host_v13_distributed_sign_node(struct ln_guest *guest,
				      struct ln_slice certificate,
				      struct ln_slice key,
				      struct ln_slice request, uint8_t *len,
				      uint32_t *result)
{
	(void)certificate;
	(void)key;
	(void)request;
	(void)len;
	(void)result;
	return refuse(guest);
}
