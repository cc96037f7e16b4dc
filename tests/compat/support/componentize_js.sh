# Sets `tool` to a folder with componentize-js, which is found from where the
# program that calls it is.
# shellcheck shell=sh disable=SC2154 # here is the folder of the test
# shellcheck source=tests/compat/support/npm.sh
. "$here/support/npm.sh"
npm_package componentize-js 0.23.0
