# Sourced by tests whose programs use fixed ports and names of hosts in the
# internet: starts the script again in a network of its own, where
# outside.py answers for all of them. Where the kernel refuses that the script
# goes on as it is, without `outside`.
# shellcheck shell=bash
# shellcheck disable=SC2154 # cli.sh sets them

if [ -z "${LUNATIC_ALONE:-}" ]; then
	if unshare -rmn sh -c 'ip link set lo up' 2>/dev/null; then
		export LUNATIC_ALONE=yes
		exec unshare -rmn bash "$0" "$@"
	fi
	export LUNATIC_ALONE=no
	echo "no network of its own: what needs the internet is not run"
fi

# go_outside: starts the servers, and returns when they listen. To be called in
# $work, by a script that calls stop_outside in the end.
go_outside() {
	outside=
	[ "$LUNATIC_ALONE" = yes ] || return 0
	ip link set lo up
	# Name servers would be asked for names that /etc/hosts does not have.
	: >resolv.conf
	echo "127.0.0.1 localhost google.com wikipedia.org \
rust-lang.org www.rust-lang.org hyper.rs eu.httpbin.org www.baidu.com \
anglesharp.azurewebsites.net api.twitter.com" >hosts
	mount --bind hosts /etc/hosts
	[ ! -e /etc/resolv.conf ] ||
		mount --bind resolv.conf /etc/resolv.conf
	mkfifo listening
	python3 -B "$alone/outside.py" "$work/ca.pem" <hosts >listening &
	outside=$!
	read -r line <listening
	[ "$line" = listening ] || bad "outside.py: $line"
	export SSL_CERT_FILE=$work/ca.pem
}

stop_outside() {
	[ -z "$outside" ] || kill "$outside"
}

alone=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
