#!/bin/sh
# --tcplisten and the sockets of WASI.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/sockets.c" -o sockets.wasm
module hello <<'EOF'
(module (func (export "_start")))
EOF

# Ports that nobody uses, of those that are not given out to others.
port=$((10000 + $$ % 20000))
for _ in $(seq 50); do
	run --tcplisten "127.0.0.1:$port" --tcplisten "127.0.0.1:$((port + 1))" \
		hello.wasm
	[ "$status" -ne 0 ] || break
	port=$((port + 2))
done
expect 0 "two listeners"

for options in '' '--workers 1' '--preemption epoch'; do
	# shellcheck disable=SC2086
	run $options --tcplisten "127.0.0.1:$port" sockets.wasm "$port"
	expect 0 "sockets $options"
	says out '^done$' "sockets $options"
	silent err "sockets $options"
done
run --tcplisten "[::1]:$port" hello.wasm
case $status in
0) ;;
*) says err "cannot listen at '.*' of --tcplisten: " "no IPv6" ;;
esac

# Descriptors: a listener is one, and one more for the process that waits at it;
# three clients, and two for each connection that is accepted. Then numbers: of
# six, four are taken.
clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/sockets_full.c" -o full.wasm
for limit in '--max-descriptors 7 1' '--max-descriptors 8 1' \
	'--max-descriptors 9 2' '--max-handles 6 2'; do
	room=${limit##* }
	# shellcheck disable=SC2086
	run ${limit% *} --tcplisten "127.0.0.1:$port" full.wasm "$port" "$room"
	expect 0 "full: $limit"
	says out '^done$' "full: $limit"
	silent err "full: $limit"
done
run --max-descriptors 2 --tcplisten "127.0.0.1:$port" \
	--tcplisten "127.0.0.1:$((port + 1))" hello.wasm
expect 0 "descriptors for two listeners"
refuses "more than --max-descriptors, or the system, allows" \
	--max-descriptors 1 --tcplisten "127.0.0.1:$port" \
	--tcplisten "127.0.0.1:$((port + 1))" hello.wasm

# Directories come after the listeners, and C libraries find them there.
cat >order.c <<'EOF'
#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>
int main(void)
{
	__wasi_prestat_t stat;

	if (__wasi_fd_prestat_get(3, &stat) != 0 || stat.tag != 1)
		return 2;
	if (__wasi_fd_prestat_dir_name(3, (uint8_t *)&stat, 4) !=
	    __WASI_ERRNO_NOTDIR)
		return 3;
	if (__wasi_fd_prestat_get(4, &stat) != 0 || stat.tag != 0)
		return 4;
	return open("order.c", O_RDONLY) < 0;
}
EOF
clang-19 --target=wasm32-wasi -O1 order.c -o order.wasm
run --dir . --tcplisten "127.0.0.1:$port" order.wasm
expect 0 "a listener and a directory"

refuses "'127.0.0.1' of --tcplisten is not an IP address and port" \
	--tcplisten 127.0.0.1 hello.wasm
refuses "is not an IP address and port" --tcplisten localhost:80 hello.wasm
refuses "is not an IP address and port" --tcplisten '' hello.wasm
refuses "is not an IP address and port" --tcplisten 127.0.0.1:99999 hello.wasm
refuses "cannot listen at '192.0.2.1:$port' of --tcplisten: " \
	--tcplisten "192.0.2.1:$port" hello.wasm

finish
