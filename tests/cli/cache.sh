#!/bin/sh
# The cache of compiled code: it changes nothing but the time, whatever the
# folder holds.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

module first <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 17))))
EOF
module second <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 18))))
EOF
unset LUNATIC_CACHE
LUNATIC_CACHE_DIR=$work/cache
XDG_STATE_HOME=$work/state
export LUNATIC_CACHE_DIR XDG_STATE_HOME

# runs WHAT: both modules work, without words.
runs() {
	run first.wasm
	expect 17 "$1"
	silent err "$1"
	run second.wasm
	expect 18 "$1"
	silent err "$1"
}
files() {
	find cache -type f | wc -l
}
has() {
	[ "$(files)" -eq "$1" ] || bad "$2: $(files) files instead of $1"
}

runs "cold"
has 2 "cold"
find cache -type f -exec ls -l --time-style=full-iso {} + >before
runs "warm"
find cache -type f -exec ls -l --time-style=full-iso {} + >after
cmp -s before after || bad "warm: the files changed"
[ "$(stat -c %a cache)" = 700 ] || bad "the folder is open to others"
find cache -type f -perm /077 >open
[ ! -s open ] || bad "a file is open to others"

# Other settings need other code.
run --max-fuel 5 first.wasm
expect 17 "metered"
has 3 "metered"
run --memory-strategy slab first.wasm
expect 17 "dense"
has 4 "dense"
# Text is the module that it stands for.
run first.wat
expect 17 "text"

# Files that are not what they seem: another is made, and nothing else happens.
for what in empty cut changed end zeros other; do
	rm -rf cache
	runs "before $what"
	for file in cache/*; do
		size=$(wc -c <"$file")
		case $what in
		empty) : >"$file" ;;
		cut) truncate -s $((size - 1)) "$file" ;;
		changed) printf 'x' | dd of="$file" bs=1 conv=notrunc \
			seek=$((size / 2)) 2>dd.log ;;
		end) printf 'x' >>"$file" ;;
		zeros) head -c "$size" /dev/zero >"$file" ;;
		other) ;;
		esac
	done
	if [ "$what" = other ]; then
		# The code of one in the place of the other.
		set -- cache/*
		mv "$1" swap
		mv "$2" "$1"
		mv swap "$2"
	fi
	runs "$what"
	runs "after $what"
done

# Files that others could have written, or that are elsewhere.
rm -rf cache
runs "before links"
for file in cache/*; do
	mv "$file" elsewhere
	ln -s "$work/elsewhere" "$file"
done
runs "links"
rm -rf cache
runs "before writable"
chmod go+w cache/*
runs "writable files"
chmod go-w cache/*
chmod go+w cache
runs "a writable folder"

# Folders that cannot be used.
rm -rf cache
echo text >cache
runs "a file for a folder"
rm cache
LUNATIC_CACHE_DIR=/proc/lunatic
runs "a folder that cannot be made"
LUNATIC_CACHE_DIR=/dev/null/cache
runs "a folder below a device"
LUNATIC_CACHE_DIR=$(printf '%05000d' 1)
runs "a path that is too long"
LUNATIC_CACHE_DIR=
HOME=/nonexistent/home
XDG_CACHE_HOME=relative
export HOME XDG_CACHE_HOME
runs "no home"
[ ! -e relative ] || bad "no home: a folder in the current one"
unset XDG_CACHE_HOME
HOME=$work/home
runs "at home"
[ -d home/.cache/lunatic/modules ] || bad "at home: nothing kept"
XDG_CACHE_HOME=$work/xdg
export XDG_CACHE_HOME
runs "XDG_CACHE_HOME"
[ -d xdg/lunatic/modules ] || bad "XDG_CACHE_HOME: nothing kept"
LUNATIC_CACHE_DIR=$work/cache
mkdir cache
chmod 500 cache
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	# Root may write anywhere; somebody else may not.
	chmod 711 "$work"
	mkdir mine
	chown 65534 mine
	status=0
	timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups \
		env LUNATIC_CACHE_DIR="$work/cache" \
		"$lunatic" first.wasm >out 2>err || status=$?
	# The program itself may be where only root can read.
	if [ "$status" -ne 126 ] && [ "$status" -ne 127 ]; then
		expect 17 "a folder of somebody else"
		silent err "a folder of somebody else"
	fi
else
	runs "a folder that is read-only"
fi
has 0 "a folder that is read-only"
chmod 700 cache

# Bounds.
for size in 0 1 '' 99999999999999999999; do
	LUNATIC_CACHE_SIZE=$size
	export LUNATIC_CACHE_SIZE
	runs "a size of '$size'"
done
unset LUNATIC_CACHE_SIZE
rm -rf cache
LUNATIC_CACHE=off
export LUNATIC_CACHE
runs "off"
[ ! -e cache ] || bad "off: there is a folder"
unset LUNATIC_CACHE

# Many at once.
rm -rf cache
: >out
: >err
pids=
for _ in 1 2 3 4 5 6 7 8; do
	"$lunatic" first.wasm 2>>err &
	pids="$pids $!"
done
for pid in $pids; do
	status=0
	wait "$pid" || status=$?
	expect 17 "many at once"
done
silent err "many at once"
has 1 "many at once"
finish
