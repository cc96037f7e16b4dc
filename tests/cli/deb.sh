#!/bin/sh
# The Debian package: what is in it, and that the program in it runs.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

for tool in dpkg-deb dpkg-shlibdeps; do
	command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 0; }
done
file=$(LUNATIC_DEB_FLAGS="-Zgzip -z1" "$top/tools/make-deb.sh" "$(dirname "$lunatic")" "$work/packages" \
	2>"$work/err") || bad "make-deb.sh"
dpkg-deb --info "$file" >out 2>err || bad "dpkg-deb --info"
says out '^ Package: lunatic$' "control"
says out '^ Version: [0-9]+\.[0-9]+\.[0-9]+$' "control"
says out '^ Depends: .*libc6' "control"
dpkg-deb --contents "$file" >out
for path in bin/lunatic bin/lunatic-cc share/man/man1/lunatic.1 \
	share/man/man1/lunatic-cc.1 share/lunatic/plugins/heap_profiler.wasm \
	share/lunatic/examples/http.wasm share/lunatic/examples/rooms.wasm \
	share/lunatic/examples/echo.wasm share/lunatic/examples/cluster.wasm \
	share/bash-completion/completions/lunatic \
	share/zsh/vendor-completions/_lunatic \
	share/fish/vendor_completions.d/lunatic.fish \
	share/lunatic/sdk/c/include/lunatic.h include/lunatic/runtime.h; do
	says out " root/root .* \./usr/$path\$" "contents"
done
dpkg-deb --extract "$file" unpacked
lunatic=$work/unpacked/usr/bin/lunatic
module exits <<'END'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 7))))
END
run exits.wasm
expect 7 "the program out of the package"
run -P heap_profiler exits.wasm
expect 7 "a plugin out of the package"
says err '^heap_profiler: ' "a plugin out of the package"
[ -s unpacked/usr/share/bash-completion/completions/lunatic ] ||
	bad "empty completions"
finish
