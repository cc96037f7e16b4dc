#!/bin/sh
# Builds a mistake into a copy of a source, for the test that the simulation
# finds it.
#
#   mutate.sh NAME SOURCE COPY
#
# Fails when the mistake cannot be made any more because the source has changed.
set -eu

name=$1
source=$2
copy=$3

case $name in
stubborn) # both that gave a name away keep it
	edit='s/if (own != NULL && ln_service_beats(entry, own))/if (false)/'
	;;
generous) # ... or both give it up
	edit='s/if (own != NULL && ln_service_beats(entry, own))/if (own != NULL)/'
	;;
silent_loss) # whoever loses a name is not told
	edit='/^static int keep(/,/^}/s/ln_service_tell_lost(/(void)(/'
	;;
forgetful) # what was told in pieces is not taken back
	edit='/^static bool knows(/,/^}/s/peer->told || entry->number < peer->next/peer->told/'
	;;
hasty_end) # an entry that comes after the last piece was sent is not told
	edit='s/else if (peer->at == &services->own.entries)/else if (false)/'
	;;
stale) # the entries of a lost node stay
	edit='s/^\twhile (forget_some(/\twhile (false \&\& forget_some(/'
	;;
second_best) # of two with one name, look-ups find the other one
	edit='/^static struct ln_process \*keeper(/,/^}/s/^\t\tat--;/\t\tbreak;/'
	;;
*)
	echo "mutate.sh: no mistake $name" >&2
	exit 1
	;;
esac
mkdir -p "$(dirname "$copy")"
sed "$edit" "$source" >"$copy"
if cmp -s "$source" "$copy"; then
	echo "mutate.sh: $name: nothing to change in $source" >&2
	rm "$copy"
	exit 1
fi
