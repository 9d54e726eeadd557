#!/bin/bash
# node, with the proxy in it
# Claim: health, mode and metrics of the proxy answer on kube-proxy's ports, in its words.
. "$NETNS_TESTS/lib.sh"
topology
need curl
list "$(service web 10.96.0.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.2)" | objects web
proxy_start web --no-own-tables
wait_until "the health port" fetch http://127.0.0.1:10256/healthz
wait_until "the metrics port" fetch http://127.0.0.1:10249/metrics
check "healthz" "$(curl -s -m 60 -o "$work/body" -w '%{http_code} %{content_type}' http://192.168.60.1:10256/healthz)" "200 application/json"
check "its members" "$(python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(sorted(d), d["nodeEligible"], d["healthy"], list(d["status"]))' "$work/body")" \
    "['currentTime', 'healthy', 'lastUpdated', 'nodeEligible', 'status'] True True ['IPv4', 'IPv6']"
check "livez" "$(curl -s -m 60 -o "$work/body" -w '%{http_code}' http://127.0.0.1:10256/livez)" "200"
check "its members" "$(python3 -c 'import json,sys; print(sorted(json.load(open(sys.argv[1]))))' "$work/body")" \
    "['currentTime', 'healthy', 'lastUpdated', 'status']"
check "proxyMode" "$(curl -s -m 60 http://127.0.0.1:10249/proxyMode)" nftables
check "metrics stay on loopback" "$(ask client tcp 192.168.60.1 10249)" refused
curl -s -m 60 http://127.0.0.1:10249/metrics >"$work/metrics"
check "one sync, a full one" "$(grep IPv4 "$work/metrics" | grep -E '^kubeproxy_sync_(full_)?proxy_rules_duration_seconds_count' | sort)" \
    "$(printf 'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1\nkubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1')"
check "answers counted" "$(grep -E '^kubeproxy_proxy_(healthz|livez)_total' "$work/metrics" | sed 's/ [0-9]*$//')" \
    "$(printf 'kubeproxy_proxy_healthz_total{code="200"}\nkubeproxy_proxy_livez_total{code="200"}')"
check "nothing pending" "$(grep -E '_changes_pending' "$work/metrics" | grep -v '^#' | awk '{print $2}' | sort -u)" 0
check "the process too" "$(grep -c -E '^process_(resident_memory_bytes|cpu_seconds_total) ' "$work/metrics")" 2
check "metrics served as Prometheus asks" "$(curl -s -m 60 -o /dev/null -w '%{content_type}' http://127.0.0.1:10249/metrics)" \
    "text/plain; version=0.0.4; charset=utf-8"
nft delete table ip skiff-proxy
wait_until "the table again" nft list table ip skiff-proxy
wait_until "a repair is counted" bash -c "curl -s http://127.0.0.1:10249/metrics | grep -q '^skiff_proxy_repairs_total 1$'"
wait_until "a repair is a full sync" bash -c \
    "curl -s http://127.0.0.1:10249/metrics | grep -qF 'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 2'"
finish
