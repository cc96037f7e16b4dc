#!/bin/sh
# A cargo project that lunatic init has set up: cargo run, cargo test and cargo
# bench, with each form of the runner. Its tests are named as the macro of the
# crate lunatic 0.14 names them; no crate is needed.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
if ! command -v cargo >/dev/null ||
	! [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1" ]; then
	echo "skipped: no cargo with a standard library for wasm32-wasip1"
	exit 77
fi
. "$(dirname "$0")/../cli/support/cli.sh"
PATH=$(dirname "$lunatic"):$PATH
export PATH
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET RUST_TEST_THREADS RUST_TEST_NOCAPTURE

mkdir -p app/src app/tests app/benches
cd app || exit
cat >Cargo.toml <<'EOS'
[package]
name = "app"
version = "0.1.0"
edition = "2021"

[[bench]]
name = "speed"
harness = false
EOS
cat >src/main.rs <<'EOS'
fn main() {
    println!("{:?}", std::env::args().collect::<Vec<_>>());
    std::fs::write("written", "text").is_err().then(|| println!("not written"));
    std::process::exit(std::env::args().count() as i32);
}
EOS
cat >src/lib.rs <<'EOS'
#[cfg(test)]
mod tests {
    #[export_name = "#lunatic_test_app::tests::passes"]
    fn passes() {
        println!("said by one that passes");
        assert!(std::fs::metadata("Cargo.toml").is_ok());
    }
    #[export_name = "#lunatic_test_app::tests::fails"]
    fn fails() {
        assert_eq!(1, 2, "that is not the same");
    }
    #[export_name = "#lunatic_test_#panic_by \\#zero#app::tests::panics"]
    fn panics() {
        panic!("divided by #zero");
    }
    #[export_name = "#lunatic_test_#ignore_app::tests::slow"]
    fn slow() {
        std::process::exit(1);
    }
}
EOS
cat >tests/own.rs <<'EOS'
#[test]
fn of_std() {
    assert_eq!(2, 1 + 1);
}
EOS
cat >benches/speed.rs <<'EOS'
fn main() {
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
}
EOS

# cargo_ ARGUMENT...: as `run` of cli.sh.
cargo_() {
	status=0
	timeout -k 5 300 cargo --offline "$@" >"$work/out" 2>"$work/err" \
		</dev/null || status=$?
}

"$lunatic" init >"$work/out" 2>"$work/err" || bad "lunatic init"
for runner in 'lunatic run' lunatic; do
	sed "s/^runner = .*/runner = \"$runner\"/" .cargo/config.toml >config
	mv config .cargo/config.toml
	rm -f written
	cargo_ run -q -- --one two
	expect 3 "$runner: cargo run"
	says out 'app\.wasm", "--one", "two"\]$' "$runner: cargo run"
	case $runner in
	*run) [ -e written ] || bad "$runner: the current directory" ;;
	*) says out '^not written$' "$runner: the current directory" ;;
	esac
	cargo_ test --lib
	expect 101 "$runner: cargo test"
	says out '^running 4 tests$' "$runner: cargo test"
	says out '^test app::tests::passes \.\.\. ok$' "$runner: cargo test"
	says out '^test app::tests::fails \.\.\. FAILED$' "$runner: cargo test"
	says out '^test app::tests::panics - should panic \.\.\. ok$' \
		"$runner: cargo test"
	says out '^test app::tests::slow \.\.\. ignored$' "$runner: cargo test"
	says out 'that is not the same' "$runner: cargo test"
	! grep -q 'said by' "$work/out" || bad "$runner: output of one that passes"
	says out '^test result: FAILED\. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in ' \
		"$runner: cargo test"
	says err 'test failed, to rerun pass `--lib`' "$runner: cargo test"
	cargo_ test --lib pas -- --nocapture
	expect 0 "$runner: a filter and --nocapture"
	says out '^said by one that passes$' "$runner: --nocapture"
	cargo_ test -q --lib -- --skip fails --test-threads=1
	expect 0 "$runner: cargo test -q"
	says out '^i\.\.$' "$runner: cargo test -q"
	cargo_ test -- --skip fails --exact app::tests::passes of_std
	expect 0 "$runner: all test programs"
	says out '^test of_std \.\.\. ok$' "$runner: a test of std"
	says out '^test app::tests::passes \.\.\. ok$' "$runner: all test programs"
	cargo_ bench --bench speed -- x
	expect 0 "$runner: cargo bench"
	says out '^\["x", "--bench"\]$' "$runner: cargo bench"
done
finish
