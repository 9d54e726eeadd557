#!/bin/bash
# node1, node2 (left) ── router ── node3 (right); the router also leads to outside 192.0.2.9 / 2001:db8::9, which knows no pod
# Claim: pods reach what lies outside with their node's address and everything in the cluster with their own; with --no-masquerade
# they keep theirs outside too.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/two-links.sh"
in_host hub nft delete table inet guard
new_host outside
ip -n hub link add o type veth peer name eth0 netns outside
in_host hub ip addr add 192.0.2.1/24 dev o && in_host hub ip addr add 2001:db8::1/64 dev o nodad && in_host hub ip link set o up
in_host outside ip addr add 192.0.2.9/24 dev eth0 && in_host outside ip addr add 2001:db8::9/64 dev eth0 nodad
in_host outside ip link set eth0 up
in_host outside ip route add default via 192.0.2.1 && in_host outside ip route add default via 2001:db8::1
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do routes_once $node cluster; node_pod $node pod$(number $node); done
for host in pod1 pod2 pod3 node2 outside; do serve $host; done
for kind in tcp udp; do
    check "pod1 outside, $kind, IPv4" "$(seen pod1 $kind 192.0.2.9)" 172.18.1.11
    check "pod1 outside, $kind, IPv6" "$(seen pod1 $kind 2001:db8::9)" fd18:1::11
    for family in 4 6; do
        check "pod1 to pod3, $kind, IPv$family" "$(seen pod1 $kind "$(address pod3 $family)")" "$(address pod1 $family)"
        check "pod1 to pod2, $kind, IPv$family" "$(seen pod1 $kind "$(address pod2 $family)")" "$(address pod1 $family)"
    done
    check "pod1 to node2, $kind, IPv4" "$(seen pod1 $kind 172.18.1.12)" "$(address pod1 4)"
    check "pod1 to node2, $kind, IPv6" "$(seen pod1 $kind fd18:1::12)" "$(address pod1 6)"
done
check "pod1 outside, ICMP" "$(ping_from pod1 192.0.2.9) $(ping_from pod1 2001:db8::9)" "ok ok"
check "one rule for pods, nodes are elements; one for the tunnel" "$(in_host node1 nft list chain ip skiff-node nat-postrouting | grep -c masquerade)" 2
say "node1 with the outside among the addresses that see pods by their own"
routes_once node1 cluster --non-masquerade-cidr 192.0.2.0/24,2001:db8::/64
in_host hub ip route add 10.244.1.0/24 via 172.18.1.11 && in_host hub ip route add fd10:244:0:1::/64 via fd18:1::11
check "pod1 outside keeps its address, IPv4" "$(seen pod1 tcp 192.0.2.9)" "$(address pod1 4)"
check "pod1 outside keeps its address, IPv6" "$(seen pod1 tcp 2001:db8::9)" "$(address pod1 6)"
say "node1 with --no-masquerade"
routes_once node1 cluster --no-masquerade
check "no rule for pods is left" "$(in_host node1 nft list ruleset | grep masquerade | grep -v 'oifname "skiff-vx4"')" ""
check "pod1 outside keeps its address" "$(seen pod1 tcp 192.0.2.9)" "$(address pod1 4)"
finish
