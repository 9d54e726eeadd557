#!/bin/bash
# hub bridge ── node1, node2, node3
# Claim: ranges that overlap, that cover the nodes' own network or that are none are never routed, and said once; the older node keeps its pods;
# a node that comes back with other ranges is reported and routed anew.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/one-link.sh"
# thief PREFIX...: a younger node that claims them.
thief() {
    local list="" prefix
    for prefix in "$@"; do list+="${list:+, }\"$prefix\""; done
    printf '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "thief", "creationTimestamp": "2026-02-01T00:00:00Z"}, "spec": {"podCIDRs": [%s]}, "status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.99"}, {"type": "InternalIP", "address": "fd18::99"}]}}' "$list"
}
list "${objects[@]}" | objects cluster
routes_once node1 cluster
before=$(in_host node1 ip route; in_host node1 ip -6 route)
for claim in 10.244.2.0/24 10.244.0.0/16 10.244.2.128/25 fd10:244:0:3::/64 172.18.0.0/24 172.16.0.0/12 fd18::/32 0.0.0.0/0 nonsense; do
    list "${objects[@]}" "$(thief $claim)" | objects claimed
    routes_once node1 claimed
    check "a claim of $claim changes nothing" "$([ "$(in_host node1 ip route; in_host node1 ip -6 route)" = "$before" ] && echo yes)" yes
    check "and is reported once" "$(grep -c 'not routed.*node thief' "$work/routes-node1.log")" 1
done
say "node1's own range belongs to an older node"
older=$(node_object node2 172.18.0.12 fd18::12 | sed 's/10.244.2.0/10.244.1.0/g; s/2026-01/2025-01/')
list "${objects[0]}" "$older" | objects taken
rm -rf "$work/net.d-node1"
routes_once node1 taken
check "its pods get no address of it" "$(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["plugins"][0]["podCIDRs"])' "$work/net.d-node1/10-skiff.conflist")" "fd10:244:0:1::/64"
check "the older node has the route" "$(in_host node1 ip route show 10.244.1.0/24 | tr -d '\n')" "10.244.1.0/24 via 172.18.0.12 dev eth0 proto 202 "
say "node1 comes back with another range"
routes_once node1 cluster
list "$(echo "${objects[0]}" | sed 's/10.244.1.0/10.244.7.0/g')" "${objects[1]}" | objects moved
routes_start node1 moved
wait_until "the report" grep -q 'podCIDRs changed' "$work/routes-node1.log"
check "that is reported" "$(grep -c 'podCIDRs changed.*10.244.1.0/24' "$work/routes-node1.log")" 1
wait_until "the conflist" grep -q 10.244.7.0/24 "$work/net.d-node1/10-skiff.conflist"
check "and new pods get the new one" "$(grep -c 10.244.7.0/24 "$work/net.d-node1/10-skiff.conflist")" 1
finish
