# check_rust TARGET: a trap of a program that rustc builds with -g names
# functions, files and lines.
# shellcheck shell=sh disable=SC2154 # cli.sh sets lunatic
check_rust() {
	if ! command -v rustc >/dev/null ||
		[ ! -d "$(rustc --print sysroot)/lib/rustlib/$1" ]; then
		echo "rustc for $1 is not there: no lines of Rust"
		return
	fi
	mkdir src
	printf 'fn deep(n: usize) -> usize {\n    let v = [1, 2, 3];\n    v[n]\n}\n\nfn main() {\n    println!("{}", deep(std::env::args().count() + 7));\n}\n' >src/app.rs
	rustc --target "$1" -g -C panic=abort src/app.rs -o app.wasm
	run app.wasm
	expect 134 "Rust"
	says err '!app::deep(::h[0-9a-f]+)? \(.*src/app\.rs:3:5\)$' "Rust: deep"
	says err '!app::main(::h[0-9a-f]+)? \(.*src/app\.rs:7:[0-9]+\)$' \
		"Rust: main"
}
