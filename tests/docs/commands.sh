#!/usr/bin/env bash
# Every command of README.md and docs/*.md works, as a new user would type it:
# each page in a clean copy of the sources, with the program installed and on
# the PATH, and what was built where the page says it is.
#
#   tests/docs/commands.sh LUNATIC [PAGE...]
#
# Code on a page stands in fences that name its language; those of sh are run
# in the order of the page, each by a shell of its own that ends at the first
# failure. In front of a fence a comment may say
#
#   <!-- test: no, WHY -->        it is not run
#   <!-- test: save FILE -->      it is written to FILE
#   <!-- test: says TEXT -->      its output must have TEXT in it
#   <!-- test: server -->         it goes on until the end of the page, and the
#                                 next one is run when its ports are open
#   <!-- test: needs NAME -->     anywhere: see `has` below; without it the
#                                 page is passed over, with a line that says so
#
# Ports of 127.0.0.1 are changed to such as are free.
set -u
lunatic=$(realpath "$1")
shift
build=$(dirname "$lunatic")
top=$(cd "$(dirname "$0")/../.." && pwd)
[ -e "$build/liblunatic.so" ] || { echo "skipped: no libraries here"; exit 77; }
if [ $# -eq 0 ]; then
	cd "$top" || exit 1
	set -- README.md CONTRIBUTING.md docs/*.md
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-docs.XXXXXX")
servers=()
stop_servers() {
	local pid
	for pid in "${servers[@]}"; do
		kill -9 -- "-$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	servers=()
}
trap 'stop_servers; rm -rf "$work"' EXIT
failures=0
bad() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# What pages may need that not every machine has.
has() {
	case $1 in
	rust)
		[ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ] || {
			echo "crates are downloaded only if CI or" \
				"LUNATIC_COMPAT_FETCH is set"
			return 1
		}
		command -v rustup >/dev/null || { echo "no rustup"; return 1; }
		;;
	go)
		local minor
		minor=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null |
			sed -n 's/^go1\.\([0-9]*\).*/\1/p')
		[ "${minor:-0}" -ge 24 ] ||
			{ echo "no Go of version 1.24 or newer"; return 1; }
		;;
	assemblyscript)
		command -v asc >/dev/null && command -v npm >/dev/null ||
			{ echo "no asc and npm"; return 1; }
		;;
	zig)
		local zig_version
		zig_version=$(zig version 2>/dev/null ||
			python3 -m ziglang version 2>/dev/null)
		case $zig_version in
		0.1[7-9].* | 0.[2-9][0-9].* | [1-9]*) ;;
		*) echo "no Zig of version 0.17 or newer"; return 1 ;;
		esac
		;;
	*) bad "no page can need '$1'" ;;
	esac
}

# split PAGE: its fences become $work/N, and a line each in $work/list: number,
# line of the page, language, marker. Complains of what is no such fence.
split() {
	awk -v folder="$work" -v page="$1" '
		function wrong(text) {
			printf "%s:%d: %s\n", page, FNR, text
		}
		fenced && /^```$/ { fenced = 0; close(file); next }
		fenced { print >file; next }
		/^```/ {
			if (!/^```(sh|c|go|rust|ts|zig|text|toml|wat|json|yaml)$/)
				wrong("a fence without a known language")
			file = folder "/" ++count
			printf "" >file
			printf "%d\t%d\t%s\t%s\n", count, FNR, substr($0, 4),
				marker >(folder "/list")
			marker = ""
			fenced = 1
			next
		}
		marker != "" { wrong("no fence behind the marker"); marker = "" }
		/^<!-- test: needs / { next }
		/^<!-- test: (no, .+|save .+|says .+|server) -->$/ {
			marker = substr($0, 12, length($0) - 15)
			next
		}
		/<!-- *test/ { wrong("an unknown marker") }
		/^(    |\t)[^ ]/ && blank { wrong("indented code, not a fence") }
		{ blank = /^$/ }
		END { if (marker != "") wrong("no fence behind the marker") }' "$1"
}

free_ports() {
	python3 -c '
import socket, sys
held = []
for _ in range(int(sys.argv[1])):
    held.append(socket.socket())
    held[-1].bind(("127.0.0.1", 0))
    print(held[-1].getsockname()[1])' "$1"
}

# change_ports PAGE: makes $work/ports, a script for sed.
change_ports() {
	grep -oE '127\.0\.0\.1:[1-9][0-9]*' "$1" | sort -u | cut -d : -f 2 \
		>"$work/named"
	free_ports "$(wc -l <"$work/named")" | paste "$work/named" - |
		while read -r named free; do
			echo "s/127\\.0\\.0\\.1:$named\\b/127.0.0.1:$free/g"
		done >"$work/ports"
}

# begin BLOCK: runs it in the background, in a group of its own: $!.
begin() {
	sed -f "$work/ports" "$work/$1" >"$work/$1.sh"
	(cd "$work/clone" && exec setsid timeout -s KILL 300 \
		bash -eu "$work/$1.sh") \
		>"$work/$1.out" 2>&1 </dev/null &
}

# Waits until all ports that a block names are open.
await_ports() {
	local port rounds=1200
	for port in $(grep -oE -- '(--node |--listen |wasm )127\.0\.0\.1:[0-9]+' \
		"$work/$1.sh" | grep -oE '[0-9]+$'); do
		until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
			rounds=$((rounds - 1))
			[ $rounds -gt 0 ] || return 1
			kill -0 "$2" 2>/dev/null || return 1
			sleep 0.1
		done
	done
}

run_block() {
	local number=$1 where=$2 marker=$3 pid status=0
	begin "$number"
	pid=$!
	if [ "$marker" = server ]; then
		servers+=("$pid")
		await_ports "$number" "$pid" || bad "$where: the server is not there"
		return
	fi
	wait "$pid" || status=$?
	# What it has left in the background.
	kill -9 -- "-$pid" 2>/dev/null
	if [ $status -ne 0 ]; then
		bad "$where: exit status $status"
		sed 's/^/    /' "$work/$number.out" | tail -n 40
	elif [[ $marker = says\ * ]] &&
		! grep -qF -- "${marker#says }" "$work/$number.out"; then
		bad "$where: it does not say '${marker#says }'"
		sed 's/^/    /' "$work/$number.out" | tail -n 40
	fi
}

# A clean copy of the sources, with what the build has made in its place.
copy_sources() {
	mkdir "$work/clone"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard |
		xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' - |
		tar --null --no-recursion -T - -cf -) | tar -xf - -C "$work/clone" ||
		bad "no copy of the sources"
	mkdir "$work/clone/build"
	ln -s "$build" "$work/clone/build/release"
}

run_page() {
	local page=$1 number line language marker need why complaints count=0
	local start=$SECONDS
	need=$(sed -n 's/^<!-- test: needs \(.*\) -->$/\1/p' "$top/$page")
	if [ -n "$need" ] && ! why=$(has "$need"); then
		echo "skipped: $page: $why"
		return
	fi
	rm -rf "${work:?}"/*
	: >"$work/list"
	complaints=$(split "$top/$page")
	[ -z "$complaints" ] || bad "$complaints"
	change_ports "$top/$page"
	if grep -qP '\tsh\t(?!no, )' "$work/list"; then
		copy_sources
	fi
	while IFS=$'\t' read -r number line language marker; do
		case $marker in
		"no, "*) continue ;;
		"save "*)
			[ -d "$work/clone" ] || continue
			install -D -m 644 "$work/$number" \
				"$work/clone/${marker#save }"
			continue
			;;
		esac
		[ "$language" = sh ] || continue
		count=$((count + 1))
		run_block "$number" "$page:$line" "$marker"
	done <"$work/list"
	stop_servers
	echo "$page: $count blocks were run, $((SECONDS - start)) s"
}

prefix=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-docs.XXXXXX")
trap 'stop_servers; rm -rf "$work" "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >"$work/log" 2>&1 ||
	{ cat "$work/log"; bad "it cannot be installed"; }
PATH=$prefix/bin:$PATH
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
LD_LIBRARY_PATH=$prefix/lib
XDG_CONFIG_HOME=$prefix/config
LUNATIC_CACHE=off
export PATH PKG_CONFIG_PATH LD_LIBRARY_PATH XDG_CONFIG_HOME LUNATIC_CACHE
for page; do
	run_page "$page"
done
[ $failures -eq 0 ] || { echo "$failures checks failed"; exit 1; }
echo passed
