#!/bin/sh
# examples/http: what it answers to good, bad, slow and many clients.
#
#   tests/net/http.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/net.sh"

mkdir -p www/folder www/a%2Fb 'www/two words' outside
echo "the index" >www/index.html
echo "in a folder" >www/folder/index.html
echo "spaces" >'www/two words/a file.txt'
echo "secret" >outside/secret.txt
echo "secret" >secret.txt
: >www/empty.css
head -c 300000 /dev/urandom >www/big.bin
ln -s ../outside/secret.txt www/link.txt
ln -s index.html www/inside.html
mkfifo www/fifo

serve patient --dir www "$examples/http.wasm" 127.0.0.1:0 www 60000
patient=$server
patient_port=$port
serve hasty --dir www "$examples/http.wasm" 127.0.0.1:0 www 300
hasty=$server
python3 -B "$here/http.py" "$patient_port" "$port" "$hasty" www ||
	fail "the client found something"
alive hasty "$hasty" 0
alive patient "$patient" 1

if command -v curl >/dev/null 2>&1; then
	url=http://127.0.0.1:$patient_port
	curl -sS -m 60 -o got "$url/big.bin" "$url/index.html" -o got2 \
		2>curl.err || fail "curl: $(cat curl.err)"
	cmp -s got www/big.bin || fail "curl: big.bin is not the same"
	cmp -s got2 www/index.html || fail "curl: index.html is not the same"
	head -c 900000 /dev/zero >body
	for how in "-H Expect:" "-H Transfer-Encoding:chunked -H Expect:" \
		"-H Expect:100-continue"; do
		# shellcheck disable=SC2086
		code=$(curl -sS -m 60 -o got -w '%{http_code}' $how \
			--data-binary @body "$url/hello" 2>curl.err) ||
			fail "curl $how: $(cat curl.err)"
		[ "$code" = 405 ] || fail "curl $how: $code instead of 405"
	done
	curl -sS -m 60 -L -o got "$url/folder" || fail "curl -L"
	cmp -s got www/folder/index.html || fail "curl -L: not the same"
	alive patient "$patient" 1
fi

# An address that is taken, arguments that make no sense, no folder.
for arguments in "127.0.0.1:$patient_port" "nonsense" "127.0.0.1:0 www 0" \
	"127.0.0.1:0 www 1 2"; do
	status=0
	# shellcheck disable=SC2086
	timeout 60 "$lunatic" "$examples/http.wasm" $arguments \
		>out 2>wrong.err </dev/null || status=$?
	[ "$status" -eq 1 ] || fail "$arguments: exit status $status"
	[ -s wrong.err ] || fail "$arguments: no word about it"
done
echo "passed"
