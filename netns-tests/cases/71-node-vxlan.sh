#!/bin/bash
# left 172.18.1.0/24 ── node1 .11, node2 .12        router .1/.1 joins the two links and drops every packet
# right 172.18.2.0/24 ── node3 .13                  with a pod's address
# Claim: nodes on one link use direct routes, nodes on two links VXLAN; every pod reaches every pod both ways, TCP, UDP and ICMP, IPv4 and
# IPv6, without NAT; nodes reach pods; the MTU is what fits; a node that leaves leaves nothing.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/two-links.sh"
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do
    routes_once $node cluster
    node_pod $node pod$(number $node)
done
for pod in pod1 pod2 pod3; do serve $pod; done
everyone_reaches pod1 pod2 pod3
check "to node2 direct" "$(in_host node1 ip route get "$(address pod2 4)" | grep -o 'dev [^ ]*')" "dev eth0"
check "to node3 by tunnel" "$(in_host node1 ip route get "$(address pod3 4)" | grep -o 'dev [^ ]*')" "dev skiff-vx4"
check "one device for both families" "$(in_host node1 ip -o link show type vxlan | wc -l)" 1
check "it learns nothing and has no group" "$(in_host node1 ip -d link show skiff-vx4 | grep -o 'nolearning\|group [0-9.:a-f]*[0-9]')" nolearning
check "one entry a peer" "$(in_host node1 bridge fdb show dev skiff-vx4 | sed 's/ *$//')" "0a:53:ac:12:02:0d dst 172.18.2.13 self permanent"
check "the conflist says what fits" "$(mtu_of node1)" 1450
for family in 4 6; do
    check "1450 bytes from pod1 to pod3, IPv$family" "$(ping_from pod1 "$(address pod3 $family)" 1450)" ok
    check "1451 bytes do not, IPv$family" "$(ping_from pod1 "$(address pod3 $family)" 1451)" "Message too long"
    check "node1 to pod3 by the tunnel's address, IPv$family" "$(seen node1 tcp "$(address pod3 $family)")" \
        "$([ $family = 4 ] && echo 10.244.1.0 || echo fd10:244:0:1::)"
done
check "the router saw no pod's address" "$(in_host hub nft list chain inet guard forward | grep -o 'packets [0-9]*' | sort -u)" "packets 0"
say "node3 leaves the cluster"
list "${objects[@]:0:2}" | objects smaller
routes_once node1 smaller
check "the tunnel is gone with its last peer" "$(in_host node1 ip -o link show type vxlan | wc -l)" 0
check "and no route of it is left" "$(in_host node1 ip route show | grep -c 10.244.3)" 0
finish
