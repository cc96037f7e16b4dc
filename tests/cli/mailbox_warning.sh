#!/bin/sh
# A process whose mailbox passes 1,024 messages, and each doubling of that, is
# warned of, once a second; those that are left out are counted.
# shellcheck disable=SC2154 # cli.sh sets them
. "$(dirname "$0")/support/cli.sh"

# hoarder NAME COUNT LABEL: a module that has the label, if there is one, and
# sends itself so many messages.
hoarder() {
	cat >"$1.wat" <<EOF
(module
  (import "lunatic::process" "this" (func \$this (result i64)))
  (import "lunatic::process" "set_label" (func \$label (param i32 i32)))
  (import "lunatic::message" "create_data"
    (func \$create (param i64 i64)))
  (import "lunatic::message" "send" (func \$send (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "$3")
  (func (export "_start") (local \$left i32) (local \$self i64)
    (call \$label (i32.const 0) (i32.const ${#3}))
    (local.set \$self (call \$this))
    (local.set \$left (i32.const $2))
    (loop \$more
      (call \$create (i64.const 1) (i64.const 0))
      (call \$send (local.get \$self))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left)))))
EOF
}

id='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

hoarder few 1024 ''
run few.wat
expect 0 "1,024 messages"
silent err "1,024 messages"

hoarder more 1025 ''
run more.wat
expect 0 "one more"
says err "^lunatic: process $id '_start' has 1025 messages in its mailbox\$" \
	"one more"
[ "$(wc -l <err)" -eq 1 ] || bad "one more: not one line"

hoarder labelled 5000 'the hoarder'
run labelled.wat
expect 0 "5,000 messages"
says err "^lunatic: process $id 'the hoarder' has 1025 messages in its mailbox\$" \
	"5,000 messages"
# 2,049 and 4,097: unless a second has passed between them.
told=$(grep -c 'messages in its mailbox$' err)
left=$(sed -n 's/^lunatic: \([0-9]*\) more warnings* w[a-z]* left out$/\1/p' err |
	awk '{ n += $1 } END { print n + 0 }')
[ $((told + left)) -eq 3 ] || bad "5,000 messages: $told told, $left left out"

LUNATIC_LOG=error run labelled.wat
expect 0 "LUNATIC_LOG=error"
silent err "LUNATIC_LOG=error"

# A bound below that is reached without a word.
run --max-messages 100 more.wat
expect 0 "a bound of 100"
silent err "a bound of 100"

finish
