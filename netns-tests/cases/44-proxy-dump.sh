#!/bin/bash
# node (node1) ── 10.244.1.0/24 ── pod1 .2, pod2 .3
# Claim: skiff proxy dump names the Services behind the elements that stand in the kernel, as text and as JSON.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.2 node2=10.244.2.2)" \
    "$(service nobody 10.96.0.2 TCP 80 0)" \
    "$(service sticky 10.96.0.3 TCP 80 0 '"sessionAffinity": "ClientIP"')" "$(slice sticky TCP 8080 node1=10.244.1.3)" | objects world
proxy_once world
ask pod1 tcp 10.96.0.3 80 >/dev/null
dump() { "$SKIFF_BIN/skiff" proxy dump --family ipv4 --objects "$work/world.json" "$@"; }
# row FRONTEND: the cells of a row, parted by one blank.
row() { dump | grep -F "$1" | tr -s ' '; }
check "a cluster IP" "$(row 10.96.0.1:80/TCP | cut -d' ' -f1,2)" "10.96.0.1:80/TCP default/web"
check "its endpoints" "$(row 10.96.0.1:80/TCP | grep -oE '10\.244\.[12]\.2:8080' | sort | tr '\n' ' ')" "10.244.1.2:8080 10.244.2.2:8080 "
check "a node port" "$(row node:30080/TCP | cut -d' ' -f1,2)" "node:30080/TCP default/web"
check "without endpoints" "$(row 10.96.0.2:80/TCP | cut -d' ' -f1-3)" "10.96.0.2:80/TCP default/nobody refuse"
check "what packets wrote too" "$(dump -o json | python3 -c '
import json, sys
rows = {row["frontend"]: row for table in json.load(sys.stdin) for row in table["frontends"]}
print(rows["10.96.0.3:80/TCP"]["service"], rows["10.96.0.3:80/TCP"]["elements"]["affinity"])')" "default/sticky ['10.244.1.3:8080']"
check "only one Service" "$(dump nobody | grep -c TCP)" 1
nft add element ip skiff-proxy cluster-ips '{ 10.96.0.77 }'
nft 'add element ip skiff-proxy services { 10.96.0.77 . tcp . 80 : goto refuse }'
check "an element of nobody's" "$(row 10.96.0.77:80/TCP | cut -d' ' -f2,3)" "(no Service)"
nft delete table ip skiff-proxy
check "without a table" "$(dump 2>&1 | grep -c 'has no table of the proxy')" 1
finish
