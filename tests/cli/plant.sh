#!/bin/sh
# A guest that may write the folder of the user: it reaches neither compiled
# code nor keys, and nothing that it, or anybody without the secret, puts there
# is run.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror "$here/plant.c" \
	-o "$work/plant.wasm"
# says_module NAME: a module that writes its name.
says_module() {
	module "$1" <<EOM
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func \$w (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00")
  (data (i32.const 16) "$1\\0a")
  (func (export "_start")
    (drop (call \$w (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 8)))))
EOM
}
says_module good
says_module evil
unset LUNATIC_CACHE LUNATIC_CACHE_DIR XDG_CACHE_HOME XDG_STATE_HOME \
	XDG_CONFIG_HOME
HOME=$work/home
export HOME
cache=.cache/lunatic/modules
state=.local/state/lunatic
config=.config/lunatic

# code_of NAME: the file of that module's compiled code.
code_of() {
	before=$(ls "$HOME/$cache")
	run "$1.wasm"
	expect 0 "$1"
	says out "^$1$" "$1"
	for file in "$HOME/$cache"/*; do
		case $before in
		*"$(basename "$file")"*) ;;
		*) echo "$file" ;;
		esac
	done
}

# attacks WHAT: the guest tries all, and nothing has changed.
attacks() {
	find "$HOME" \( -path "*/lunatic/*" -o -type l \) -ls |
		awk '{ print $1, $3, $5, $7, $11 }' | sort >before
	run --dir "$HOME::/home" plant.wasm "/home/$cache" \
		"$(basename "$good")" "/home/$state" cache.key
	expect 0 "$1"
	says out '^0 worked$' "$1"
	[ "$(wc -l <out)" -eq 1 ] || bad "$1"
	find "$HOME" \( -path "*/lunatic/*" -o -type l \) -ls |
		awk '{ print $1, $3, $5, $7, $11 }' | sort >after
	cmp -s before after || bad "$1: the folders have changed"
}

mkdir -p "$HOME/$cache"
chmod 700 "$HOME/$cache"
good=$(code_of good)
evil=$(code_of evil)
run plant.wasm
[ -s "$good" ] && [ -s "$evil" ] || bad "no code was kept"
[ "$(stat -c %a "$HOME/$state/cache.key")" = 600 ] || bad "the key's mode"
for openat2 in on off; do
	LUNATIC_OPENAT2=$openat2
	export LUNATIC_OPENAT2
	attacks "attacks, openat2 $openat2"
done
unset LUNATIC_OPENAT2
LUNATIC_CACHE=off
export LUNATIC_CACHE
attacks "attacks, the cache off"
unset LUNATIC_CACHE

# The user's own way there is over links.
mv "$HOME/.cache" "$HOME/disk"
ln -s disk "$HOME/.cache"
mv "$HOME/.local/state" "$HOME/keys"
ln -s ../keys "$HOME/.local/state"
attacks "attacks, with links"
rm "$HOME/.cache" "$HOME/.local/state"
mv "$HOME/disk" "$HOME/.cache"
mv "$HOME/keys" "$HOME/.local/state"

# Nothing is there yet.
mv "$HOME/.cache" "$HOME/.local" .
LUNATIC_CACHE=off
export LUNATIC_CACHE
attacks "attacks, nothing there"
unset LUNATIC_CACHE
rm -rf "$HOME/.cache" "$HOME/.local"
mv .cache .local "$HOME"

# A cluster key is closed as well, whether or not this is a node.
mkdir -p "$HOME/$config"
(umask 077 && head -c 32 /dev/zero >"$HOME/$config/cluster.key")
run --dir "$HOME::/home" plant.wasm "/home/$cache" none "/home/$config" \
	cluster.key
says out '^0 worked$' "the cluster key"

# The folders themselves cannot be given.
for folder in "$cache" "$state" "$config"; do
	refuses "cannot have the directory .* keys" --dir "$HOME/$folder" \
		good.wasm
done

# Planted from outside: code of one module in the place of another, as it is,
# and under the other's key; without the secret it does not count.
swap() {
	run good.wasm
	expect 0 "$1"
	says out '^good$' "$1"
	silent err "$1"
}
cp "$good" kept
cp "$evil" "$good"
swap "as it is"
cp "$evil" "$good"
dd if=kept of="$good" bs=16 skip=3 seek=3 count=2 conv=notrunc 2>dd.log
swap "under the other's key"
dd if=kept of="$good" bs=16 count=5 conv=notrunc 2>dd.log
swap "with its header"
# A key that others could know.
rm -rf "${HOME:?}/$cache"
chmod 644 "$HOME/$state/cache.key"
run good.wasm
expect 0 "a key that others may read"
says out '^good$' "a key that others may read"
says err 'not kept: others may read .* run: chmod 600' "a readable key"
[ "$(wc -l <err)" -eq 1 ] || bad "a readable key: not one line"
[ -z "$(ls -A "$HOME/$cache")" ] || bad "code was kept"
chmod 600 "$HOME/$state/cache.key"
: >"$HOME/$state/cache.key"
run good.wasm
says out '^good$' "an empty key"
says err 'has 0 bytes, not 32; remove it' "an empty key"
finish
