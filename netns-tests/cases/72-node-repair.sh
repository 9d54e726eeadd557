#!/bin/bash
# left ── node1, node2; right ── node3; a router between (two-links.sh)
# Claim: whatever somebody else deletes or changes of our routes, forwarding entries, neighbours, addresses, device or rules comes back
# by itself, and pods reach each other again; routes of others are left alone.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/two-links.sh"
list "${objects[@]}" | objects cluster
routes_once node2 cluster
routes_once node3 cluster
routes_start node1 cluster
for node in node1 node2 node3; do wait_until "the conflist of $node" test -s "$work/net.d-$node/10-skiff.conflist"; node_pod $node pod$(number $node); done
for pod in pod2 pod3; do serve $pod; done
all_work() {
    local family
    for family in 4 6; do
        [ "$(ping_from pod1 "$(address pod2 $family)")" = ok ] && [ "$(ping_from pod1 "$(address pod3 $family)")" = ok ] || return 1
    done
}
wait_until "pods reach each other" all_work
state() {
    in_host node1 ip route show; in_host node1 ip -6 route show | sed 's/ metric.*//' | grep -v fe80; in_host node1 ip -o addr show dev skiff-vx4 | sed 's/^[0-9]*: *//; s/valid_lft.*//' | grep -v fe80
    in_host node1 ip neigh show dev skiff-vx4; in_host node1 ip -6 neigh show dev skiff-vx4; in_host node1 bridge fdb show dev skiff-vx4
    in_host node1 ip -d link show skiff-vx4 | grep -o 'mtu [0-9]*\|id [0-9]*\|dstport [0-9]*\|nolearning\|UP'
}
normal() { state | sort; }
before=$(normal)
same() { [ "$(normal)" = "$before" ]; }
same_but_static() { [ "$(normal | grep -v 'proto static')" = "$before" ]; }
# damage WHAT COMMAND...: does it on node1, then all is as before, without the look that comes every 30 seconds anyway. How long it took is
# printed; on an idle machine less than a second.
damage() {
    local what=$1 begin=$EPOCHREALTIME took
    shift
    in_host node1 "$@" || { check "can do: $what" no yes; return; }
    limit=25 wait_until "repair: $what" same
    took=$(python3 -c "print(int(($EPOCHREALTIME - $begin) * 1000))")
    check "repaired: $what" "$(same && echo yes || normal | diff - <(echo "$before"))" yes
    echo "     after $took ms"
}
damage "a direct route deleted" ip route del 10.244.2.0/24
damage "a direct route of IPv6 deleted" ip -6 route del fd10:244:0:2::/64
damage "a direct route led elsewhere" ip route replace 10.244.2.0/24 via 172.18.1.1 proto 202
damage "a tunnel's route deleted" ip route del 10.244.3.0/24
damage "a tunnel's route without its source" ip route replace 10.244.3.0/24 via 10.244.3.0 dev skiff-vx4 onlink proto 202
damage "the forwarding entry deleted" bridge fdb del 0a:53:ac:12:02:0d dev skiff-vx4
damage "the forwarding entry led elsewhere" bridge fdb replace 0a:53:ac:12:02:0d dst 172.18.2.99 dev skiff-vx4
damage "a second destination" bridge fdb append 0a:53:ac:12:02:0d dst 172.18.2.98 dev skiff-vx4
damage "a default entry, which would flood" bridge fdb append 00:00:00:00:00:00 dst 172.18.2.99 dev skiff-vx4
damage "a neighbour deleted" ip neigh del 10.244.3.0 dev skiff-vx4
damage "a neighbour of IPv6 changed" ip -6 neigh replace fd10:244:0:3:: lladdr 02:00:00:00:00:01 dev skiff-vx4 nud permanent
damage "the tunnel's address deleted" ip addr del 10.244.1.0/32 dev skiff-vx4
damage "the tunnel down" ip link set skiff-vx4 down
damage "the tunnel's MTU" ip link set skiff-vx4 mtu 1400
damage "the tunnel deleted" ip link del skiff-vx4
agent=${routes_pid[node1]}
damage "a tunnel of another number in its place" sh -c "kill -STOP $agent; ip link del skiff-vx4; ip link add skiff-vx4 type vxlan id 9 dstport 4789 local 172.18.1.11 nolearning; kill -CONT $agent"
damage "a tunnel that learns" ip link set skiff-vx4 type vxlan learning
damage "the uplink down and up" sh -c "ip link set eth0 down; ip link set eth0 up; ip route add default via 172.18.1.1; ip addr add fd18:1::11/64 dev eth0 nodad 2>/dev/null; ip -6 route add default via fd18:1::1"
rules() { in_host node1 nft list table ip skiff-node && in_host node1 nft list table ip6 skiff-node; }
rules >"$work/rules"
in_host node1 nft delete table ip skiff-node
rules_back() { rules | diff -q - "$work/rules"; }
wait_until "repair: a deleted table" rules_back
check "the masquerade table is back" "$(rules_back >/dev/null && echo yes)" yes
in_host node1 nft flush chain ip skiff-node nat-postrouting
wait_until "repair: a flushed chain" rules_back
check "and its chain" "$(rules_back >/dev/null && echo yes)" yes
in_host node1 ip route add 192.0.2.0/24 via 172.18.1.1 proto static
in_host node1 ip route del 10.244.2.0/24
wait_until "another pass" same_but_static
check "a route of somebody else stays" "$(in_host node1 ip route show 192.0.2.0/24 | tr -d '\n')" "192.0.2.0/24 via 172.18.1.1 dev eth0 proto static "
wait_until "pods reach each other again" all_work
check "all pods reach each other at the end" "$(all_work && echo yes)" yes
quiet() { local lines; lines=$(wc -l <"$work/routes-node1.log"); sleep 1; [ "$(wc -l <"$work/routes-node1.log")" = "$lines" ]; }
wait_until "quiet" quiet
check "and nothing is written any more" "$(quiet && echo yes)" yes
finish
