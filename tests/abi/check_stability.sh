#!/bin/sh
# The tables of host functions against what lunatic 0.7.5 and 0.13.2 offered: a
# function that both have must have the same type, a table must not invent
# functions in lunatic's namespaces, except those listed as ours in
# own-VERSION.txt, and one that it lacks must be listed in missing-VERSION.txt.
# So a signature that changes and a function that gets lost both fail here.
#
#   check_stability.sh ABIGEN [SOURCE_DIR]
set -eu

abigen=$1
here=$(cd "$(dirname "$0")" && pwd)
source=${2:-$here/../..}
v07=$source/src/host/v07/abi.def
cluster=$source/src/host/v07/cluster.def
http=$source/src/host/v07/http.def
metrics=$source/src/host/v13/metrics.def # of both generations
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# differences GENERATION VERSION TABLE...: compares the functions of a
# generation with the reference; prints differences.
differences() {
	generation=$1
	version=$2
	shift 2
	"$abigen" "$@" --generation "$generation" --tsv "$work/table.tsv"
	awk -F '\t' -v version="$version" '
	FNR == 1 { file++ }
	file <= 2 {
		if ($0 ~ /^#/ || NF == 0)
			next
		if (file == 1)
			missing[$1] = 1
		else
			own[$1] = 1
		next
	}
	FNR == 1 || $1 !~ /^lunatic::/ { next }
	file == 3 { reference[$1 "::" $2] = $3 " -> " $4; next }
	{
		name = $1 "::" $2
		type = $3 " -> " $4
		seen[name] = 1
		count++
		if (name in own) {
			if (name in reference)
				print name ": of lunatic " version ", not ours"
			found[name] = 1
			next
		}
		if (!(name in reference))
			print name ": not a function of lunatic " version
		else if (reference[name] != type)
			print name ": " type ", must be " reference[name]
		if (name in missing)
			print name ": there, but listed as missing"
	}
	END {
		for (name in reference)
			if (!(name in seen) && !(name in missing))
				print name ": neither there nor listed as missing"
		for (name in missing)
			if (!(name in reference))
				print name ": listed as missing, unknown"
		for (name in own)
			if (!(name in found))
				print name ": listed as ours, unknown"
		if (count == 0)
			print "the table has no function of lunatic"
	}' "$here/missing-$version.txt" "$here/own-$version.txt" \
		"$here/host-functions-$version.tsv" "$work/table.tsv"
}

# What must be noticed: $1 says what sed changes in a copy of a table, $2 is
# what must be said about it.
notices() {
	sed "$1" "$v07" >"$work/changed.def"
	if cmp -s "$work/changed.def" "$v07"; then
		echo "the self-test '$1' changes nothing"
		exit 1
	fi
	if [ "$(differences 0.7 0.7.5 "$work/changed.def" \
		"$cluster" "$http" "$metrics")" != "$2" ]; then
		echo "the self-test '$1' is not noticed"
		exit 1
	fi
}

check() {
	found=$(differences "$@")
	if [ -n "$found" ]; then
		echo "$found"
		exit 1
	fi
	echo "$(grep -c '^lunatic::' "$work/table.tsv") functions of" \
		"lunatic $1 have their types"
}

notices 's/^fn send(process: i64)/fn send(process: i32)/' \
	'lunatic::message::send: i32 -> -, must be i64 -> -'
notices 's/^fn major() -> i32/fn major() -> i64/' \
	'lunatic::version::major: - -> i64, must be - -> i32'
notices 's/^fn seek_data(/fn seek(/' \
	'lunatic::message::seek: not a function of lunatic 0.7.5
lunatic::message::seek_data: neither there nor listed as missing'
check 0.7 0.7.5 "$v07" "$cluster" "$http" "$metrics"
check 0.13 0.13.2 "$v07" "$source"/src/host/v13/*.def
