#!/bin/sh
# Leaves a step out of a copy of a source, for the test that this is noticed.
#
#   mutate.sh NAME SOURCE COPY
#
# Fails when the step cannot be found any more because the source has changed.
set -eu

name=$1
source=$2
copy=$3

case $name in
no_tables) # tables stay as they are
	edit='s/tables ? PART_TABLES : 0/0/' ;;
no_elements) # dropped segments of elements stay dropped
	edit='s/PART_ELEMENTS | PART_GLOBALS | PART_DATA/PART_GLOBALS | PART_DATA/' ;;
no_globals)
	edit='s/PART_ELEMENTS | PART_GLOBALS | PART_DATA/PART_ELEMENTS | PART_DATA/' ;;
no_data) # dropped segments of data stay dropped
	edit='s/PART_ELEMENTS | PART_GLOBALS | PART_DATA/PART_ELEMENTS | PART_GLOBALS/' ;;
no_refresh) # compiled code goes on with the memory of the last life
	edit='s/^\trefresh_memories(state, snapshot);$/;/' ;;
no_fuel) # the next life has what the last one left
	edit='s/^\t*set_fuel(instance, snapshot);$/;/' ;;
no_limit) # of tables
	edit='s/^\tln_wasmtime_limit(.*);$/;/' ;;
no_image) # memories have no first content
	edit='s/^\t*ln_image_write(.*);$/;/' ;;
no_few) # memories of the fast tier keep what they hold
	edit='/^static void write_few/,/^}/s/at = write_run(.*);/at++;/' ;;
no_many) # ... when that is much
	edit='s/^\twrite_many(slot, looks, rest);$/;/' ;;
no_shrink) # ... and what they have grown by
	edit='s/^\tclear(slot, slot->minimum, slot->size, rest);$/;/' ;;
no_map) # ... and the first content
	edit='/^static bool map_extents/,/^}/s/i < backing->extent_count/i < 0/' ;;
no_startup) # a new instance lacks what its startup function writes
	edit='s/PARTS_ALWAYS | PART_TABLES | PART_STARTUP/0/' ;;
no_clear) # slots keep what they hold
	edit='/^static bool retire/,/^}/s/^\t\t\t  dirty);/\t\t\t  0);/' ;;
still_tables) # no module is known to change its tables
	edit="s/= ln_compiled_tables_size(module) <= TABLES_SMALL ||/= false \&\&/" ;;
*)
	echo "mutate.sh: no step is called $name" >&2
	exit 2
	;;
esac

sed "$edit" "$source" >"$copy"
if cmp -s "$source" "$copy"; then
	rm -f "$copy"
	echo "mutate.sh: $name no longer applies to $source" >&2
	exit 1
fi
