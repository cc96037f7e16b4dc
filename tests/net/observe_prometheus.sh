#!/bin/sh
# A real Prometheus, Debian's, scrapes --observe with the token's file, and is
# asked for what it has.
#
#   tests/net/observe_prometheus.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
. "$(dirname "$0")/support/net.sh"
if ! command -v prometheus >/dev/null; then
	echo "skipped: prometheus is not there"
	exit 77
fi
# shellcheck source=tests/net/support/observe.sh
. "$here/support/observe.sh"

watched 127.0.0.1:0 --observe-token scrape.token
cat >prometheus.yml <<EOS
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
scrape_configs:
  - job_name: lunatic
    authorization:
      credentials_file: $work/scrape.token
    static_configs:
      - targets: ['${url#http://}']
EOS
promtool check config prometheus.yml >out 2>config.err ||
	fail "promtool does not like the configuration"
prometheus --config.file=prometheus.yml --storage.tsdb.path="$work/data" \
	--web.listen-address=127.0.0.1:0 --log.level=info \
	>prometheus.out 2>prometheus.err &
scraper=$!
servers="$servers $scraper"
# It tells its port in its log only.
for _ in $(seq 300); do
	! grep -q 'Listening on' prometheus.err || break
	kill -0 "$scraper" 2>/dev/null || fail "prometheus has ended"
	sleep 0.1
done
api=$(sed -n 's/.*Listening on.* address=\([0-9.:]*\).*/\1/p' \
	prometheus.err | tail -1)
[ -n "$api" ] || fail "prometheus does not say where it listens"

# asked QUERY: the value of a query, once there is one.
asked() {
	for _ in $(seq 200); do
		value=$(curl -sS -m 10 -G "http://$api/api/v1/query" \
			--data-urlencode "query=$1" 2>curl.err |
			python3 -c '
import json, sys
result = json.load(sys.stdin)["data"]["result"]
print(result[0]["value"][1] if result else "")' 2>json.err) || value=
		[ -z "$value" ] || return 0
		sleep 0.1
	done
	fail "prometheus has nothing for $1"
}

# is QUERY: it must come to be 1.
is() {
	for _ in $(seq 200); do
		asked "$1"
		[ "$value" != 1 ] || return 0
		sleep 0.1
	done
	fail "$1 is $value"
}

is 'up{job="lunatic"}'
asked lunatic_spawns_total
asked 'sum(lunatic_exits_total) by (reason)'
asked 'lunatic_build_info'
is 'count(lunatic_processes > 3)'
is 'count(rate(lunatic_spawns_total[5s]) > 0)'
is 'count(requests_total > 0)'
is 'count(a_b_total{name="a.b"} > 0)'
is 'count(temperature == -3.5)'
is 'count(lunatic_run_wait_seconds_bucket{le="+Inf"} > 0)'
is 'count(histogram_quantile(0.99, lunatic_run_wait_seconds_bucket) < 60)'
is 'count(histogram_quantile(0.5, latency_seconds_bucket) < 5)'
# It is one target, and none of its samples was left out.
is 'count(up)'
asked 'scrape_samples_scraped'
curl -sS -m 10 "http://$api/api/v1/targets" >targets || fail "no targets"
python3 -c '
import json
target = json.load(open("targets"))["data"]["activeTargets"][0]
assert target["health"] == "up" and target["lastError"] == "", target' ||
	fail "the target is not well"
! grep -Eiq 'level=(warn|error)' prometheus.err ||
	fail "prometheus complains"
kill -TERM "$scraper"
wait "$scraper" || true
stop_watched
echo "passed"
