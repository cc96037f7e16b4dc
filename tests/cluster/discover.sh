#!/bin/sh
# Nodes that find each other by a file and by DNS. Names come, go and are wrong;
# no connection ends because of that.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

# A file: the first node finds only itself, which is no failure.
nodes=$work/nodes
echo '# none yet' >"$nodes"
export LUNATIC_LOG=info
serve a --discover "file:$nodes"
echo "$address # a" >"$nodes"
a=$address
serve b --discover "file:$nodes"
b=$address
await b.err 'node b at .*, connected to 1 other$'
serve c
c=$address
# A new file under the name, as editors and deployments make it.
printf '%s\n%s\n%s\n' "$a" "$b" "$c" >"$nodes.new"
mv "$nodes.new" "$nodes"
await a.err 'connected with node c '
# A wrong line, then no file: nobody is lost.
echo nonsense >"$nodes"
await a.err "line 1 of .*nodes. is no address of a node"
rm "$nodes"
await a.err "cannot read .*nodes.: No such file"
run --node 127.0.0.1:0 --node-name d --peer "$a" cluster.wasm three b c
passed "after the file has gone"
! grep -q 'lost node' "$work/a.err" || bad "a has lost a node"

if ! command -v dnsmasq >/dev/null 2>&1; then
	echo "dnsmasq is not installed: nodes are found by a file only"
	finish
fi

# dns RECORD...: a server on loopback that knows these, with no other source.
# Its port is free for both protocols, and none that clients are given.
port=$(python3 -c 'import random, socket
while True:
    port = random.randrange(10000, 30000)
    try:
        for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
            socket.socket(socket.AF_INET, kind).bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break')
dns_pid=
dns() {
	[ -z "$dns_pid" ] || { kill "$dns_pid"; wait "$dns_pid" || true; }
	dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv \
		--no-hosts --no-daemon --listen-address=127.0.0.1 \
		--bind-interfaces --port="$port" --cache-size=0 \
		--auth-ttl=0 --local-ttl=0 --local=/test/ "$@" \
		>"$work/dns.out" 2>&1 </dev/null &
	dns_pid=$!
	started="$started $dns_pid"
	await dns.out ' started, version '
}

port_of() { echo "${1##*:}"; }
server=127.0.0.1:$port
dns --host-record=nodes.test,127.0.0.1
serve e --discover "dns:nodes.test:$(port_of "$a")@$server"
await e.err 'connected with node a '
# SRV records say the ports; without any the node's own port is taken.
dns "--srv-host=_lunatic._tcp.test,localhost,$(port_of "$b")"
serve f --discover "dns:_lunatic._tcp.test@$server"
await f.err 'connected with node b '
# Another node takes the place of b in DNS: it is found, and b is not lost.
serve g
g=$address
dns "--srv-host=_lunatic._tcp.test,localhost,$(port_of "$g")"
await f.err 'connected with node g '
# No such name, then no server at all.
dns --host-record=nodes.test,127.0.0.1
sleep 6
kill "$dns_pid"
await f.err "cannot find nodes by 'dns:_lunatic._tcp.test@.*it is tried again"
run --node 127.0.0.1:0 --node-name h --peer "$(sed -n \
	's/^lunatic: node f at \([^ ,]*\), .*/\1/p' "$work/f.err")" \
	cluster.wasm three b g
passed "after DNS has gone"
! grep -q 'lost node' "$work/f.err" || bad "f has lost a node"
finish
