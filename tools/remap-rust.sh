#!/bin/sh
# Writes WORK/rustc-wrapper, for cargo's RUSTC_WRAPPER: no folder of this
# machine gets into what is compiled, so that it is the same everywhere.
#
#   tools/remap-rust.sh RUSTC WORK CRATES
#
# CRATES is the folder in which cargo unpacked the crates; its name has a digest
# of the registry's address. In WORK, crates that were patched must lie below
# the one that is built: cargo makes names of symbols from their paths, which
# are relative only there. It makes them from RUSTFLAGS as well, hence a wrapper.
set -eu

rustc=$1
work=$2
crates=$3
# A compiler that has the source of its library at hand names that, not what
# the library was compiled with.
library=$("$rustc" --print sysroot)/lib/rustlib/src/rust
commit=$("$rustc" -vV | sed -n 's/^commit-hash: //p')
cat >"$work/rustc-wrapper" <<END
#!/bin/sh
exec ${RUSTC_WRAPPER:-} "\$@" --remap-path-prefix="$library=/rustc/$commit" \\
	--remap-path-prefix="$crates=/crates" --remap-path-prefix="$work=/engine"
END
chmod +x "$work/rustc-wrapper"
