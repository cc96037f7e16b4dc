# Sourced by scripts that take packages of some suite of Debian without
# installing them: `fail` and the folder $work are theirs.
# shellcheck shell=sh disable=SC2154

# use_suite SUITE ARCHITECTURE: reads the suite's lists into $work/SUITE, from
# the mirror that this machine's apt is set up with.
use_suite() {
	command -v apt-get >/dev/null || fail "this needs apt-get"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keys" ] || fail "there is no $keys (Debian: debian-archive-keyring)"
	# The archive's address, of any suite that apt knows.
	mirror=$(apt-get indextargets \
		--format '$(REPO_URI) $(ORIGIN) $(CODENAME)' |
		sed -n 's/^\([^ ]*\) Debian [a-z]*$/\1/p' | head -n 1)
	[ -n "$mirror" ] || fail "apt knows no mirror of Debian"
	mkdir -p "$work/$1/state/lists/partial" \
		"$work/$1/cache/archives/partial"
	echo "$2" >"$work/$1/architecture"
	for kind in deb deb-src; do
		echo "$kind [signed-by=$keys] $mirror $1 main"
	done >"$work/$1/list"
	in_suite "$1" update >"$work/log" 2>&1 ||
		{ cat "$work/log" >&2; fail "apt could not read $1"; }
}

# in_suite SUITE ARGUMENT...: apt-get with the lists of that suite alone.
in_suite() {
	suite=$1
	architecture=$(cat "$work/$suite/architecture")
	shift
	apt-get -q -o Dir::Etc::SourceList="$work/$suite/list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$work/$suite/state" \
		-o Dir::State::status=/dev/null \
		-o Dir::Cache="$work/$suite/cache" \
		-o APT::Architecture="$architecture" \
		-o APT::Architectures="$architecture" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		"$@"
}

# fetch SUITE FOLDER PACKAGE...: puts their .deb files into $work/FOLDER.
fetch() {
	suite=$1
	folder=$2
	shift 2
	mkdir -p "$work/$folder"
	(cd "$work/$folder" && in_suite "$suite" download "$@" \
		>"$work/log" 2>&1) ||
		{ cat "$work/log" >&2; fail "apt could not fetch packages"; }
}
