#!/bin/sh
# 100,000 seeds of each simulation of nodes (tests/simulation), of both fabrics;
# LUNATIC_SIMULATION_SEEDS says how many otherwise. The large one has 1 in 500.
# Then the table of what a mesh costs by its size; that of 200 nodes takes some
# minutes, and 5 GiB.
set -eu

build=$(cd "$(dirname "$1")" && pwd)
seeds=${LUNATIC_SIMULATION_SEEDS:-100000}
cmake --build "$build" --target test_simulation >/dev/null
program=$(find "$build" -name test_simulation -type f | head -n 1)
for config in pair crossing pressure ring broker broker_pair; do
	LUNATIC_SIMULATION_SEEDS=$seeds "$program" "$config"
done
LUNATIC_SIMULATION_SEEDS=$((seeds / 500 + 1)) "$program" many
"$program" --sizes
