#!/bin/bash
# hub bridge 172.18.0.1 (an API server) ── node1, which runs skiff routes; node2 and node3 need no program
# Claim: skiff routes alone follows the Nodes of a cluster: those that come, go, change and overlap; while the API server is away everything
# stays and is still repaired; what changed meanwhile is made up for; 1,000 nodes cost one pass, and a change of one of them one route.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
new_host hub
for node in node1 node2 node3; do
    n=$(number $node)
    new_host $node
    plug $node hub eth0 172.18.0.1$n/16 fd18::1$n/64
done
in_host hub ip addr add 172.18.0.1/16 dev br-eth0
server_start() {
    nsenter --net=/run/netns/hub python3 "$NETNS_TESTS/node_server.py" 172.18.0.1 8001 "$work/writes" &
    server_pid=$!
    wait_until "the API server" in_host hub python3 -c 'import urllib.request as u; u.urlopen("http://172.18.0.1:8001/api/v1/nodes", timeout=1)'
}
# put OBJECT...: these are all Nodes now. Standard input instead, without an argument.
put() {
    if [ $# -gt 0 ]; then list "$@" >"$work/put.json"; else cat >"$work/put.json"; fi
    in_host hub python3 -c '
import sys, urllib.request as u
u.urlopen(u.Request("http://172.18.0.1:8001/", open(sys.argv[1], "rb").read(), method="PUT"), timeout=20)' "$work/put.json"
}
node1=$(node_object node1 172.18.0.11 fd18::11) node2=$(node_object node2 172.18.0.12 fd18::12) node3=$(node_object node3 172.18.0.13 fd18::13)
server_start
put "$node1" "$node2"
cat >"$work/kubeconfig" <<'Y'
apiVersion: v1
kind: Config
current-context: any
clusters: [{name: any, cluster: {server: "http://172.18.0.1:8001"}}]
users: [{name: any, user: {}}]
contexts: [{name: any, context: {cluster: any, user: any}}]
Y
log=$work/routes-node1.log
say skiff routes on node1
nsenter --net=/run/netns/node1 "$routes_program" routes --kubeconfig "$work/kubeconfig" --node-name node1 --cluster-cidr 10.244.0.0/16,fd10:244::/48 \
    --cni-conf-dir "$work/net.d-node1" >"$log" 2>&1 &
routes_pid[node1]=$!
routed() { in_host node1 ip -o route show proto 202 | awk '{print $1 == "unreachable" ? $2 " here" : $1 " " $3}' | LC_ALL=C sort | paste -sd, | sed 's/,/, /g'; }
is_routed() { [ "$(routed)" = "$1" ]; }
# routes_are WHAT ROUTES
routes_are() { wait_until "$1" is_routed "$2"; check "$1" "$(routed)" "$2"; }
wrote() { grep -q "$1" "$work/writes" 2>/dev/null; }
# told WHAT PATTERN: a write to the cluster.
told() { wait_until "$1" wrote "$2"; check "$1" "$(grep -c "$2" "$work/writes")" 1; }
self="10.244.1.0/24 here"
routes_are "the Nodes that are there" "$self, 10.244.2.0/24 172.18.0.12"
told "the Node's condition is written" "PATCH /api/v1/nodes/node1/status RoutesApplied"
put "$node1" "$node2" "$node3"
routes_are "a Node that comes" "$self, 10.244.2.0/24 172.18.0.12, 10.244.3.0/24 172.18.0.13"
put "$node1" "${node2//172.18.0.12/172.18.0.22}" "$node3"
routes_are "a Node that changes its address" "$self, 10.244.2.0/24 172.18.0.22, 10.244.3.0/24 172.18.0.13"
put "$node1" "$node2" "${node3//10.244.3./10.244.7.}"
routes_are "a Node that changes its podCIDR" "$self, 10.244.2.0/24 172.18.0.12, 10.244.7.0/24 172.18.0.13"
told "is reported" "POST .*events PodCIDRChanged"
put "$node1" "${node3//10.244.3./10.244.2.}"
routes_are "a podCIDR that another Node takes over" "$self, 10.244.2.0/24 172.18.0.13"
put "$node1" "$node2" "${node3//10.244.3./10.244.2.}"
routes_are "two Nodes with one podCIDR: the older has it" "$self, 10.244.2.0/24 172.18.0.12"
told "which is reported" "POST .*events PodCIDROverlap"
put "$node1" "$node2" "$node3"
routes_are "all is well again" "$self, 10.244.2.0/24 172.18.0.12, 10.244.3.0/24 172.18.0.13"
say "heartbeats"
writes=$(wc -l <"$work/writes") lines=$(wc -l <"$log")
for beat in 1 2 3; do put "$node1" "${node2/'"status": {'/'"status": {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:0'$beat'Z"}], '}" "$node3"; done
put "$node1" "$node2"
routes_are "a Node that goes" "$self, 10.244.2.0/24 172.18.0.12"
news() { tail -n +$((lines + 1)) "$log" | grep 'routes changed'; }
wait_until "it is logged" news
check "heartbeats wrote nothing" "$(($(wc -l <"$work/writes") - writes)) $(news | wc -l)" "0 1"
say "the API server dies"
put "$node1" "$node2" "$node3"
routes_are "before" "$self, 10.244.2.0/24 172.18.0.12, 10.244.3.0/24 172.18.0.13"
kill -9 $server_pid && wait $server_pid 2>/dev/null
wait_until "it is missed" grep -q "watch\(ed\)\? failed\|list failed" "$log"
check "everything stays" "$(routed)" "$self, 10.244.2.0/24 172.18.0.12, 10.244.3.0/24 172.18.0.13"
in_host node1 ip route del 10.244.3.0/24
routes_are "and is repaired" "$self, 10.244.2.0/24 172.18.0.12, 10.244.3.0/24 172.18.0.13"
say "it comes back, without node3"
server_start
put "$node1" "$node2"
routes_are "what changed meanwhile" "$self, 10.244.2.0/24 172.18.0.12"
say "1,000 nodes"
# thousand NODE: all of them, node500 with another address when NODE says so.
thousand() {
    python3 - "$node1" "$1" <<'PYTHON' | put
import json, sys
items = [json.loads(sys.argv[1])]
for i in range(2, 1002):
    ranges = ["10.%d.%d.0/24" % (100 + i // 256, i % 256), "fd10:244:0:%x::/64" % i]
    address = "172.18.%d.%d" % (1 + i // 250, 1 + i % 250) if i != 500 or sys.argv[2] == "same" else "172.18.200.1"
    items.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node%d" % i, "creationTimestamp": "2026-01-02T00:00:00Z"},
                  "spec": {"podCIDR": ranges[0], "podCIDRs": ranges},
                  "status": {"addresses": [{"type": "InternalIP", "address": address}, {"type": "InternalIP", "address": "fd18::%x" % (i + 0x1000)}]}})
print(json.dumps({"kind": "List", "items": items}))
PYTHON
}
count() { echo "$(in_host node1 ip route show proto 202 | wc -l) $(in_host node1 ip -6 route show proto 202 | wc -l)"; }
all_routed() { [ "$(count)" = "1001 1001" ]; }
lines=$(wc -l <"$log")
thousand same
wait_until "all are routed" all_routed
check "routes of both families" "$(count)" "1001 1001"
# A pass is logged when it ends.
all_logged() { [ "$(news | grep -o 'replaced=[0-9]*' | awk -F= '{ sum += $2 } END { print sum }')" -ge 2000 ]; }
wait_until "all are logged" all_logged
lines=$(wc -l <"$log")
thousand moved
moved() { in_host node1 ip route show 10.101.244.0/24 | grep -q 'via 172.18.200.1 '; }
wait_until "one moves" moved
wait_until "it is logged" news
check "its route is all that is written" "$(news | grep -o 'replaced=[0-9]*\|deleted=[0-9]*' | sort | tr '\n' ' ')" "deleted=0 replaced=1 "
echo "peak memory: $(awk '/VmHWM/ {print $2, $3}' "/proc/${routes_pid[node1]}/status"), processor time: $(awk '{print ($14 + $15) / 100 " s"}' "/proc/${routes_pid[node1]}/stat")"
say "skiff routes ends"
kill "${routes_pid[node1]}"; wait "${routes_pid[node1]}"
check "with success" $? 0
check "and everything stays" "$(count)" "1001 1001"
in_host node1 "$routes_program" routes --node-name node1 --remove 2>/dev/null
check "until it is removed" "$(count) $(in_host node1 nft list tables | grep -c skiff-node)" "0 0 0"
finish
