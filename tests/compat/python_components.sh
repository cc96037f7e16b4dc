#!/bin/sh
# Components that componentize-py makes: files, standard streams, clocks, and the
# examples of lunatic:process.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/componentize_py.sh
. "$here/support/componentize_py.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# shellcheck source=tests/compat/support/processes.sh
. "$here/support/processes.sh"

# build NAME
build() {
	"$tool" -d "$here/../../sdk/wit" -w program componentize "$1" \
		-o "$1.wasm" >log 2>&1 || bad "componentize-py rejects $1.py"
}

cp "$here"/../../examples/components/python/*.py .
cat >files.py <<'EOS'
from wit_world import exports
import json, os, random, sys, time


class Run(exports.Run):
    def run(self):
        d = sys.argv[1]
        print(os.environ.get("VARIABLE"), sys.stdin.read().strip())
        os.makedirs(f"{d}/a/b")
        with open(f"{d}/a/text", "w") as f:
            f.write("one\ntwo\n")
        with open(f"{d}/a/text", "a") as f:
            f.write("three \u00e9\n")
        with open(f"{d}/a/text") as f:
            print(f.read().split())
        print(sorted(os.listdir(f"{d}/a")), os.stat(f"{d}/a/text").st_size)
        os.rename(f"{d}/a/text", f"{d}/a/b/moved")
        os.remove(f"{d}/a/b/moved")
        os.removedirs(f"{d}/a/b")
        try:
            open("/etc/passwd")
        except OSError as error:
            print(type(error).__name__)
        start = time.monotonic()
        time.sleep(0.02)
        assert time.monotonic() - start >= 0.02 and time.time() > 1e9
        print(len(random.randbytes(9)), json.dumps({"a": [1, None]}))
        print("to standard error", file=sys.stderr)
        sys.exit(1)


class Worker(exports.Worker):
    def start(self):
        pass
EOS
for name in supervisor chat files; do
	build "$name"
done
check_examples EndReason_Trapped EndReason_Returned
mkdir -p d
touch d/keep
echo input >input
status=0
timeout 120 "$lunatic" --env VARIABLE=value --dir d files.wasm d \
	<input >out 2>err || status=$?
expect 1 files
[ "$(cat out)" = "value input
['one', 'two', 'three', 'é']
['b', 'text'] 17
FileNotFoundError
9 {\"a\": [1, null]}" ] || bad "files: another output"
says err '^to standard error$' files
finish
