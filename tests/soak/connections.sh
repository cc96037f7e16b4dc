#!/bin/sh
# 200,000 connections one after the other: nothing grows.
#
#   tests/soak/connections.sh LUNATIC
set -eu

stress=$(cd "$(dirname "$0")/../stress" && pwd)

LUNATIC_TEST_CHURN=200000 "$stress/connections.sh" "$1"
