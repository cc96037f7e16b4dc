#!/bin/sh
# lunatic init: what it writes builds, runs and passes its tests; what is there
# already stays. And completions, which must know every option.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

cmake --install "$(dirname "$lunatic")" --component sdk --prefix "$work/sdk" \
	>"$work/out" 2>"$work/err" || bad "installing"
PATH=$work/sdk/bin:$(dirname "$lunatic"):$PATH
export PATH

run init 'my app'
expect 0 "init"
silent err "init"
(cd 'my app' && make CFLAGS='-Wall -Wextra -Werror' && make run) >out 2>err ||
	bad "make run"
for line in 'hello, moon' 'no greeting for nobody: the greeter has died' 'hello, stars'; do
	says out "^$line\$" "make run"
done
says err "child 'greeter' has exited.* started again" "make run"
(cd 'my app' && make test) >out 2>err || bad "make test"
says out '^3 passed, 0 failed, 0 ignored' "make test"
echo '#error' >>'my app/greeting.c'
! (cd 'my app' && make test) >out 2>err || bad "a mistake is not noticed"

refuses "the folder 'my app' is not empty" init 'my app'
grep -q '#error' 'my app/greeting.c' || bad "a file was written over"
mkdir empty empty/.git
run init empty
expect 0 "an empty folder"
[ -e empty/.gitignore ] || bad "no .gitignore"
mkdir here
(cd here && "$lunatic" init .) >out 2>err || bad "init in this folder"
says out '^  make run && make test$' "init in this folder"
# What it says to type is for a shell, whatever the name is.
for name in "it's" '-x' '$HOME' 'a"b'; do
	run init -- "$name"
	expect 0 "init $name"
	sed -n 's/^  \(cd .*\) && make run.*/\1 \&\& ls greeting.c/p' out >go.sh
	sh go.sh >out 2>err || bad "init $name: $(cat go.sh)"
	says out '^greeting.c$' "init $name: $(cat go.sh)"
done
refuses "no name of a folder" init "$(printf 'a\033[2Jb')"
run init plain-1
says out '^  cd plain-1 && ' "a plain name"
touch file
refuses "cannot (make|open) the folder 'file'" init file
refuses "cannot make the folder 'no/where'" init no/where
refuses "init takes the name of a folder" init
refuses "too many words, at 'b'" init a b
refuses "'cobol' is not a valid value of --lang: that is c" \
	init a --lang cobol
[ ! -e a ] || bad "a folder for no language"
run init --help
expect 0 "init --help"
says out '^  --lang LANG ' "init --help"

# Each language's own tools are asked elsewhere: tests/compat/go_sdk.sh.
for language in c rust go assemblyscript zig; do
	run init --lang "$language" "in $language"
	expect 0 "init --lang $language"
	silent err "init --lang $language"
	says out "  cd 'in $language' && " "init --lang $language"
done
mkdir none
env PATH="$work/none" "$lunatic" init --lang zig 'no zig' >out 2>err ||
	bad "init without zig"
says out "&& python3 -m ziglang build run && " "no zig"
says out '^guests in Zig cannot be built here yet: lunatic doctor zig says' \
	"no zig"
env PATH="$work/none" "$lunatic" init 'no clang' >out 2>err ||
	bad "init without clang"
says out '^guests in C cannot be built here yet: lunatic doctor c says' \
	"no clang"
run init 'a clang'
! grep -q 'cannot be built' out || bad "it says that there is no clang"
[ -e 'in c/main.c' ] || bad "no program in C"
[ -e 'in rust/.cargo/config.toml' ] || bad "no project of cargo"
[ -e 'in go/lunatic/pack/encode.go' ] || bad "no library for Go"
[ -e 'in assemblyscript/lunatic/assembly/pack.ts' ] ||
	bad "no library for AssemblyScript"
[ -e 'in zig/lunatic/src/pack.zig' ] && [ -e 'in zig/lunatic/build.zig' ] ||
	bad "no library for Zig"
[ ! -e 'in go/lunatic/template' ] || bad "a template in a template"

# A cargo project.
mkdir project
touch project/Cargo.toml
cd project || exit
run init
expect 0 "init in a cargo project"
says out 'cargo run$' "init in a cargo project"
cat >expected <<'EOS'
[build]
target = "wasm32-wasip1"

[target.wasm32-wasip1]
runner = "lunatic run"
EOS
diff expected .cargo/config.toml || bad "a new configuration"
[ "$(ls -A .cargo)" = config.toml ] || bad "other files in .cargo"
run init
expect 0 "init once more"
says out 'already runs' "init once more"
printf '[net]\noffline = true' >.cargo/config.toml
run init
expect 0 "init with a configuration"
printf '[net]\noffline = true\n\n' | cat - expected |
	diff - .cargo/config.toml || bad "a configuration that is added to"
printf '[build]\ntarget = "wasm32-wasi"\n' >.cargo/config.toml
cp .cargo/config.toml before
refuses 'set build.target to "wasm32-wasip1"' init
printf 'build = {}\n' >>.cargo/config.toml
refuses 'set build.target to "wasm32-wasip1"' init
printf '[target.wasm32-wasip1]\nrunner = "wasmtime"\n' >.cargo/config.toml
refuses 'set target.wasm32-wasip1.runner to "lunatic run"' init
printf 'build = {}\n' >.cargo/config.toml
refuses 'not changed.*build.target.*runner' init
printf 'build = {}\n' | diff - .cargo/config.toml || bad "it is changed"
printf 'a\0b' >.cargo/config.toml
refuses 'not a text' init
rm .cargo/config.toml
mkdir .cargo/config.toml
refuses "cannot (read|write) '.cargo/config.toml'" init
rmdir .cargo/config.toml
touch .cargo/config
refuses "cargo reads '.cargo/config' here: rename it" init
rm -r .cargo
touch .cargo
refuses "'.cargo/config.toml': Not a directory" init
run init folder
expect 0 "a folder in a cargo project"
[ -e folder/Makefile ] || bad "no project in C"
cd .. || exit

refuses "completions takes one of bash, zsh, fish" completions
refuses "completions takes one of bash, zsh, fish" completions tcsh
"$lunatic" --help | grep -oE -e '--[a-z-]+' | sort -u >options
for shell in bash zsh fish; do
	run completions "$shell"
	expect 0 "completions $shell"
	silent err "completions $shell"
	while read -r option; do
		grep -Eq -e "(^|[^a-z-])(--|-l )${option#--}([^a-z-]|\$)" out ||
			bad "completions $shell: no $option"
	done <options
	if command -v "$shell" >/dev/null; then
		"$shell" -n out 2>err || bad "completions $shell: not valid"
	fi
done
if command -v fish >/dev/null; then
	"$lunatic" completions fish >completions.fish
	HOME=$work fish -c 'source completions.fish
		complete -C "lunatic --max-fu"
		complete -C "lunatic test --noc"' >out 2>err ||
		bad "fish: completing"
	says out '^--max-fuel' "fish: completing an option"
	says out '^--nocapture' "fish: completing an option of test"
fi
if command -v bash >/dev/null; then
	"$lunatic" completions bash >completions
	bash -c '. ./completions; COMP_WORDS=(lunatic --max-fu) COMP_CWORD=1
		_lunatic; echo "${COMPREPLY[@]}"' >out 2>err ||
		bad "bash: completing"
	says out '^--max-fuel$' "bash: completing an option"
	bash -c '. ./completions; COMP_WORDS=(lunatic test --noc) COMP_CWORD=2
		_lunatic; echo "${COMPREPLY[@]}"' >out 2>err ||
		bad "bash: completing"
	says out '^--nocapture$' "bash: completing an option of test"
fi
finish
