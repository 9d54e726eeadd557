#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: the kernel counts the new connections of each way into a Service, in both families; they show in dump and metrics; a restart and
# another number of endpoints keep them; a repeated full sync does not take them for a change.
. "$NETNS_TESTS/lib.sh"
topology6
need curl
both() { service "$1" "$2" TCP 80 "$4" | sed "s/\"clusterIPs\": \[\"$2\"\]/\"clusterIPs\": [\"$2\", \"$3\"]/"; }
list "$(both web 10.96.0.1 fd00:96::1 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" "$(slice web TCP 8080 node1=fd00:10:1::3)" \
    "$(both none 10.96.0.2 fd00:96::2 0)" | objects web
list "$(both web 10.96.0.1 fd00:96::1 30080)" "$(slice web TCP 8080 node1=10.244.1.2 node1=10.244.1.3 node2=10.244.2.2)" \
    "$(slice web TCP 8080 node1=fd00:10:1::3)" "$(both none 10.96.0.2 fd00:96::2 0)" | objects more
ranges=(--cluster-cidr 10.244.0.0/16,fd00:10::/32 --service-cidr 10.96.0.0/16,fd00:96::/112)
metrics() { wait_until "the metrics port" fetch http://127.0.0.1:10249/metrics; fetch http://127.0.0.1:10249/metrics; }
count() { metrics | grep -F "service=\"$1\"" | grep -F "frontend=\"$2\",ip_family=\"$3\"" | awk '{print $NF}'; }
dumped() { "$SKIFF_BIN/skiff" proxy dump --objects "$work/web.json" -o json | python3 -c '
import json, sys
for table in json.load(sys.stdin):
    for row in table["frontends"]:
        if row["frontend"] == sys.argv[1] and table["table"].startswith(sys.argv[2] + " "): print(row["connections"])' "$1" "$2"; }
proxy_start web "${ranges[@]}"
wait_until "the table of IPv6" nft list table ip6 skiff-proxy
check "before any connection" "$(count web cluster-ip IPv4)" 0
ask pod1 tcp 10.96.0.1 80 7 >/dev/null
ask pod1 tcp fd00:96::1 80 4 >/dev/null
ask client tcp 192.168.60.1 30080 3 >/dev/null
ask pod1 tcp 10.96.0.2 80 2 >/dev/null
check "cluster IP" "$(count web cluster-ip IPv4)" 7
check "cluster IP, IPv6" "$(count web cluster-ip IPv6)" 4
check "node port" "$(count web node-port IPv4)" 3
check "refused ones count too" "$(count none cluster-ip IPv4)" 2
check "dump" "$(dumped 10.96.0.1:80/TCP ip)" 7
check "dump, node port" "$(dumped node:30080/TCP ip)" 3
check "dump as text" "$("$SKIFF_BIN/skiff" proxy dump --family ipv4 --objects "$work/web.json" web | grep -F 10.96.0.1:80 | awk '{print $4}')" 7
run kill -9 $proxy_pid
wait $proxy_pid 2>/dev/null
ask pod1 tcp 10.96.0.1 80 1 >/dev/null
proxy_start web "${ranges[@]}"
check "commits of the next proxy" "$(grep -o 'commits=[0-9]*' "$work/proxy.log" | head -1)" "commits=0"
check "after a restart" "$(count web cluster-ip IPv4)" 8
run kill $proxy_pid
wait $proxy_pid 2>/dev/null
proxy_start more "${ranges[@]}"
check "three endpoints stand" "$(nft list map ip skiff-proxy endpoints | grep -o '10\.244\.[0-9.]* \. 8080' | sort -u | wc -l)" 3
check "after more endpoints" "$(count web cluster-ip IPv4)" 8
ask pod1 tcp 10.96.0.1 80 2 >/dev/null
check "it goes on" "$(count web cluster-ip IPv4)" 10
kill $proxy_pid
wait $proxy_pid 2>/dev/null
proxy_start more "${ranges[@]}" --no-service-counters
wait_until "a table without counters" bash -c "! nft list map ip skiff-proxy services | grep -q counter"
check "no series then" "$(metrics | grep -c service_connections)" 0
check "the Service answers" "$(ask pod1 tcp fd00:96::1 80)" "pod2 fd00:10:1::2"
finish
