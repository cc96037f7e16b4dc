#!/bin/sh
# `lunatic cluster-ca`: what it makes, that it writes nothing over, and that
# nodes trust each other by it, and nobody else.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/nodes.sh"

module hello <<'EOF'
(module (func (export "_start")))
EOF

for words in "--help" "-h" "init --help" "node x -h"; do
	# shellcheck disable=SC2086 # several words
	run cluster-ca $words
	expect 0 "$words"
	silent err "$words"
	says out '^Usage: lunatic cluster-ca init FOLDER' "$words"
	awk 'length > 80 { exit 1 }' out || bad "$words: wider than 80 columns"
done
refuses 'cluster-ca takes init or node; see lunatic cluster-ca --help' cluster-ca
refuses 'takes init or node' cluster-ca make folder
refuses 'init takes the name of a folder' cluster-ca init
refuses 'init takes the name of a folder' cluster-ca init a b
refuses 'node takes the folder of a CA' cluster-ca node ca
refuses 'too many words' cluster-ca node ca name more
refuses "unknown option '--force'" cluster-ca init --force ca
for days in "" 0 -1 x 1x 36501 99999999999999999999; do
	refuses '--days takes a number from 1 to 36500' cluster-ca init ca \
		"--days=$days"
done
refuses '--days takes a number' cluster-ca init ca --days
refuses "make a CA first" cluster-ca node ca alpha
refuses "cannot make the folder 'none/ca'" cluster-ca init none/ca
[ ! -e ca ] || bad "a folder was made"

run cluster-ca init ca
expect 0 init
silent err init
says out "lunatic cluster-ca node 'ca' NAME" init
[ "$(stat -c %a ca ca/ca.key ca/ca.pem | tr '\n' ' ')" = "700 600 644 " ] ||
	bad "modes: $(stat -c '%a %n' ca ca/*)"
run cluster-ca node ca alpha
expect 0 node
silent err node
says out '--cert alpha.pem --key alpha.key --ca ca.pem' node
[ "$(stat -c %a ca/alpha.key)" = 600 ] || bad "mode of a node's key"
for name in "" ca .hidden a/b ../x "a b" "$(printf '%065d' 0)"; do
	refuses "the name of a node's certificate has 1 to 64" cluster-ca node \
		ca "$name"
done

# What is there stays.
sha256sum ca/* >before
refuses "ca/ca.key.*: File exists; a CA is never overwritten" cluster-ca init ca
refuses "ca/alpha.key.*: File exists; remove it first" cluster-ca node ca alpha
sha256sum ca/* >after
cmp -s before after || bad "files have changed"

if command -v openssl >/dev/null; then
	openssl verify -CAfile ca/ca.pem ca/alpha.pem >out 2>err ||
		bad "openssl does not verify it"
	run cluster-ca node --days 2 ca beta
	expect 0 "--days"
	openssl x509 -in ca/beta.pem -noout -checkend 172000 >out 2>err ||
		bad "it ends too early"
	! openssl x509 -in ca/beta.pem -noout -checkend 173000 >out 2>err ||
		bad "it ends too late"
else
	run cluster-ca node ca beta
fi
cp ca/alpha.key ca/broken.key
echo nonsense >ca/broken.pem
mkdir broken
echo nonsense >broken/ca.pem
cp ca/ca.key broken
refuses "'broken/ca.pem' is not a certificate" cluster-ca node broken gamma
cp ca/ca.pem broken
cp ca/alpha.key broken/ca.key
refuses "is not that of the certificate" cluster-ca node broken gamma

# Nodes by them: two of the same CA find each other, one of another does not,
# nor does one with a key. No key is made.
run cluster-ca init other
run cluster-ca node other gamma
begin alpha --cert ca/alpha.pem --key ca/alpha.key --ca ca/ca.pem --no-entry
alpha=$pid
place alpha
run --node 127.0.0.1:0 --node-name beta --peer "$address" --cert ca/beta.pem \
	--key ca/beta.key --ca ca/ca.pem hello.wasm
expect 0 "the same CA"
says err 'connected to 1 other$' "the same CA"
[ ! -e config ] || bad "a key was made"
run --node 127.0.0.1:0 --node-name gamma --peer "$address" \
	--cert other/gamma.pem --key other/gamma.key --ca other/ca.pem hello.wasm
expect 1 "another CA"
says err 'certificates of the same CA' "another CA"
run --node 127.0.0.1:0 --node-name delta --peer "$address" hello.wasm
expect 1 "a key in the place of a certificate"
chmod 644 ca/beta.key
refuses "ca/beta.key" --node 127.0.0.1:0 --node-name beta --peer "$address" \
	--cert ca/beta.pem --key ca/beta.key --ca ca/ca.pem hello.wasm
kill -TERM "$alpha"
ended "$alpha"
expect 0 "the first node"
finish
