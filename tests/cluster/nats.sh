#!/bin/sh
# A cluster over a NATS server: the server is killed, stopped and started again,
# restricted, shared with another cluster, and behind TLS.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
LUNATIC_TEST_FABRIC=nats
. "$(dirname "$0")/support/cluster.sh"

serve b --heartbeat 1s
bpid=$pid
serve c --heartbeat 1s
cpid=$pid

# The server is killed: all are lost, and found again with the next one.
begin a --heartbeat 1s cluster.wasm stay b
apid=$pid
await a.out '^ready$'
kill -9 "$nats_pid"
await a.out '^lost$'
await a.err 'lost node b at .*: the connection with the NATS server was lost'
await a.err 'cannot connect with the NATS server at'
nats_start
await a.out '^again$'
ended "$apid"
[ "$status" -eq 0 ] || bad "a: exit status $status"

# It is stopped: nobody gives a sign of life. When it goes on they connect.
begin a --heartbeat 1s cluster.wasm stay b
outlives a "$pid" "$nats_pid" 'lost node b at .*: it gave no sign of life'
alive b "$bpid"
alive c "$cpid"

# A killed node is lost sooner than by its silence: the server knows.
begin d --heartbeat 20s --no-entry
dpid=$pid
place d
begin a --heartbeat 20s cluster.wasm stay d
apid=$pid
await a.out '^ready$'
kill -9 "$dpid"
await a.err 'lost node d at .*: the NATS server has no such node any more'
kill "$apid" 2>/dev/null || true

# Another cluster of the same server has the same names and sees nobody. Who is
# in the same one with another key stays out.
run --node-name b --cluster-name other cluster.wasm tour b
passed "another cluster"
says err 'connected to 0 others' "another cluster"
run --node-name a --cluster-name default cluster.wasm tour b
passed "the same cluster"
head -c 32 /dev/urandom >other.key
chmod 600 other.key
run --node-name a --cluster-key other.key cluster.wasm tour b
expect 1 "another key"
says err 'connected to 0 others' "another key"
await b.err 'refused a connection from .*: the other side has another cluster key'
run --node-name b cluster.wasm tour b
expect 1 "a name that is taken"
# Each refuses the other; which refusal comes first varies.
says err '(another node|this node) has (this|the same) name' \
	"a name that is taken"
says err 'choose another name' "what to do about a name that is taken"
refuses 'does not go with --fabric' --node-name x --discover file:nodes --no-entry
refuses '^lunatic: .*nats://HOST:PORT' --fabric nats://u:p@h --node-name x \
	--no-entry
refuses 'nats-key are needed together' --node-name x --nats-cert c --no-entry

# A server that takes small payloads only, and asks who it is.
kill -9 "$bpid" "$cpid" "$nats_pid"
cat >small.conf <<END
max_payload: 300
authorization { user: lunatic, password: secret }
END
nats_start -c small.conf
echo lunatic:secret >right
echo lunatic:wrong >wrong
echo lunatic:secret >open
chmod 600 right wrong
chmod 644 open
serve b --nats-credentials right
run --node-name a --nats-credentials right cluster.wasm tour b
passed "small payloads"
run --node-name a --nats-credentials wrong --no-entry
expect 1 "a wrong password"
says err 'Authorization Violation; is it running, and may' "a wrong password"
refuses "others may read or write the credentials 'open'" --node-name a \
	--nats-credentials open --no-entry
kill -9 "$nats_pid" "$pid"

# Two servers that pass messages on to each other. One stops: who uses it is
# lost to the others, and they to it.
nats_port=
nats_start --cluster_name x --cluster nats://127.0.0.1:-1
await nats.log 'Listening for route connections'
route=$(sed -n 's/.*Listening for route connections on .*:\([0-9]*\)$/\1/p' nats.log)
first=$fabric
nats_port=
nats_start --cluster_name x --cluster nats://127.0.0.1:-1 \
	--routes "nats://127.0.0.1:$route"
await nats.log 'Route connection created'
serve b --heartbeat 1s
bpid=$pid
fabric=$first
begin a --heartbeat 1s cluster.wasm stay b
outlives a "$pid" "$nats_pid"
alive b "$bpid"
kill -9 "$bpid" "$nats_pid"
nats_port=

# TLS with the server, which must be the one of the URL.
"$lunatic" cluster-ca init ca 2>/dev/null >&2
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout server.key -out server.pem -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost >/dev/null 2>&1
nats_start --tls --tlscert server.pem --tlskey server.key
fabric=nats+tls://localhost:$nats_port
serve b --nats-ca server.pem
bpid=$pid
run --node-name a --nats-ca server.pem cluster.wasm tour b
passed "TLS with the server"
for wrong in "nats+tls://localhost:$nats_port ca/ca.pem" \
	"nats+tls://127.0.0.1:$nats_port server.pem"; do
	fabric=${wrong% *}
	run --node-name a --nats-ca "${wrong#* }" --no-entry
	expect 1 "$wrong"
	says err 'cannot connect with the NATS server' "$wrong"
done
alive b "$bpid"
finish
