#!/bin/sh
# Builds for any system of a processor, and makes all packages:
#
#   tools/dist/dist.sh x86_64|aarch64 [OUTPUT-FOLDER]
#
# OUTPUT-FOLDER (build/packages) has sums of all that is in it, so both
# processors go into one. CMake presets dist and dist-aarch64; what they link is
# in tools/dist/sysroot.sh, what is packed in tools/dist/package.sh.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
case ${1:-} in
x86_64) preset=dist ;;
aarch64) preset=dist-aarch64 ;;
*) echo "usage: $0 x86_64|aarch64 [OUTPUT-FOLDER]" >&2; exit 2 ;;
esac
output=${2:-build/packages}

cmake --preset "$preset" --log-level=NOTICE
cmake --build --preset "$preset" -j "${JOBS:-$(nproc)}"
tools/dist/check-program.sh "build/$preset/lunatic" \
	"$(tools/dist/sysroot.sh "$1")"
tools/dist/package.sh "build/$preset" "$output"
# That packaging makes the same bytes again, and that what is in them runs.
if [ "$1" = "$(uname -m)" ]; then
	for test in tests/dist/*.sh; do
		"$test" "build/$preset/lunatic"
	done
fi
ls -l "$output"
