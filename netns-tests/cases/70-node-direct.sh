#!/bin/bash
# hub bridge ── node1 172.18.0.11 ── pod1, pod1b
#            ├─ node2 172.18.0.12 ── pod2
#            └─ node3 172.18.0.13 ── pod3
# Claim: on one link every pod reaches every pod by direct routes, both directions, TCP, UDP and ICMP, IPv4 and IPv6, without NAT and
# without a tunnel; packets of the link's full MTU pass.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/one-link.sh"
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do
    routes_once $node cluster
    node_pod $node pod$(number $node)
done
node_pod node1 pod1b
for pod in pod1 pod1b pod2 pod3 node1 node2; do serve $pod; done
everyone_reaches pod1 pod1b pod2 pod3
for family in 4 6; do
    if [ $family = 4 ]; then one=172.18.0.11 two=172.18.0.12; else one=fd18::11 two=fd18::12; fi
    check "node1 to pod2, IPv$family" "$(seen node1 tcp "$(address pod2 $family)")" $one
    check "pod1 to node2, IPv$family" "$(seen pod1 tcp $two)" "$(address pod1 $family)"
done
check "the conflist says the link's MTU" "$(mtu_of node1)" 1500
check "1500 bytes pass, IPv4" "$(ping_from pod1 "$(address pod2 4)" 1500)" ok
check "1500 bytes pass, IPv6" "$(ping_from pod1 "$(address pod2 6)" 1500)" ok
check "no tunnel" "$(in_host node1 ip -o link show type vxlan | wc -l)" 0
check "routes of ours on node1" "$(in_host node1 ip route show proto 202 | sort | tr '\n' ';')" \
    "10.244.2.0/24 via 172.18.0.12 dev eth0 ;10.244.3.0/24 via 172.18.0.13 dev eth0 ;unreachable 10.244.1.0/24 ;"
say "node3 leaves the cluster"
list "${objects[@]:0:2}" | objects smaller
routes_once node1 smaller
check "its routes are gone" "$(in_host node1 ip route show | grep -c 10.244.3) $(in_host node1 ip -6 route show | grep -c fd10:244:0:3)" "0 0"
check "pod1 to pod2 still" "$(seen pod1 tcp "$(address pod2 4)")" "$(address pod1 4)"
check "pod1 to pod3 no more" "$(seen pod1 tcp "$(address pod3 4)")" none
say "skiff routes --remove on node1"
in_host node1 "$routes_program" routes --node-name node1 --remove 2>/dev/null
check "nothing of ours is left" "$(in_host node1 ip route show proto 202; in_host node1 ip -6 route show proto 202; in_host node1 nft list tables | grep skiff-node)" ""
finish
