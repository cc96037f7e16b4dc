# Sourced by the tests that kill and time out waiting processes, after net.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154 # net.sh sets them

# parked GENERATION SOURCE: runs a guest of that generation of lunatic.
parked() {
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
		-I "$here/../../sdk/c/include" "$here/$2" -o parked.wasm
	mkdir folder
	mkfifo folder/fifo
	for i in $(seq 100); do
		: >"folder/a file with a long name, so that a list is long, $i"
	done
	# A port that nobody uses, of those that are not given out to others.
	python3 -c '
import os, socket
for port in range(10000 + os.getpid() % 20000, 32000):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
' >port
	python3 -B "$here/parked.py" "$lunatic" "$1" parked.wasm \
		"$(cat port)" folder "${LUNATIC_TEST_FACTOR:-1}" || {
		grep -v '^{' parked.log || true # reports, which the test asked for
		fail "something is left"
	}
	! grep Sanitizer parked.log || fail "a sanitizer's report"
	echo "passed"
}
