# Sets `target` to wasm32-wasip2; skips the test where rustc has no standard
# library for it, which is added to rustup's toolchain if CI or
# LUNATIC_COMPAT_FETCH is set.
# shellcheck shell=sh
target=wasm32-wasip2
has_target() {
	command -v rustc >/dev/null &&
		[ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]
}
if ! has_target && [ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ] &&
	command -v rustup >/dev/null; then
	timeout 120 rustup target add "$target" >/dev/null 2>&1 || true
fi
if ! has_target; then
	echo "skipped: no rustc with a standard library for $target"
	exit 77
fi
