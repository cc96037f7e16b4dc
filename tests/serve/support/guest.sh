# For tests of `lunatic serve` with modules: builds module.c with the guest
# library beside the program, or skips the test.
#
#   . guest.sh LUNATIC HERE; the module is $work/module.wasm
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-serve.XXXXXX")
trap 'rm -rf "$work"' EXIT
cc=$(dirname "$lunatic")/sdk/c/lunatic-cc
[ -x "$cc" ] || { echo "skipped: no guest library"; exit 77; }
LUNATIC_SDK=$(dirname "$cc") "$cc" \
	-I "$here/../../sdk/c/include" -Wall -Wextra -Werror \
	"$here/module.c" -o "$work/module.wasm"
