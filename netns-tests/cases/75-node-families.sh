#!/bin/bash
# left ── node1 (IPv4 and IPv6), node2 (IPv6 only); right ── node3; a router between
# Claim: nodes without a common IPv4 address use a tunnel over IPv6 for pods of both families; --routing vxlan takes all by tunnel and
# --routing direct none, which is said once.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/two-links.sh"
in_host node3 ip addr flush dev eth0 scope global
in_host node3 ip addr add fd18:2::13/64 dev eth0 nodad && in_host node3 ip -6 route replace default via fd18:2::1
objects[2]=$(node_object node3 fd18:2::13)
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do routes_once $node cluster; node_pod $node pod$(number $node); done
for pod in pod1 pod2 pod3; do serve $pod; done
everyone_reaches pod1 pod3
check "the tunnel is over IPv6" "$(in_host node1 ip -o link show type vxlan | cut -d' ' -f2)" "skiff-vx6:"
check "and leaves 1430 bytes" "$(mtu_of node1)" 1430
check "1430 bytes pass, IPv4" "$(ping_from pod1 "$(address pod3 4)" 1430)" ok
check "1430 bytes pass, IPv6" "$(ping_from pod1 "$(address pod3 6)" 1430)" ok
say "everybody by tunnel"
for node in node1 node2; do routes_once $node cluster --routing vxlan; done
check "two tunnels now" "$(in_host node1 ip -o link show type vxlan | cut -d' ' -f2 | sort | tr '\n' ' ')" "skiff-vx4: skiff-vx6: "
check "pod1 to pod2 by tunnel" "$(in_host node1 ip route get "$(address pod2 4)" | grep -o 'dev [^ ]*')" "dev skiff-vx4"
check "in both families" "$(in_host node1 ip -6 route get "$(address pod2 6)" | grep -o 'dev [^ ]*')" "dev skiff-vx4"
check "and they reach each other" "$(seen pod1 tcp "$(address pod2 4)") $(seen pod2 udp "$(address pod1 6)")" "$(address pod1 4) $(address pod2 6)"
say "nobody by tunnel"
routes_once node1 cluster --routing direct
check "node3 is not routed, and that is said" "$(grep -c 'not routed.*node3' "$work/routes-node1.log")" 2
check "no tunnel is left" "$(in_host node1 ip -o link show type vxlan | wc -l)" 0
check "pod1 to pod2 direct" "$(in_host node1 ip route get "$(address pod2 4)" | grep -o 'dev [^ ]*')" "dev eth0"
say "another port and number on every node"
for node in node1 node3; do routes_once $node cluster --vxlan-port 8472 --vxlan-id 77; done
check "they reach each other by those" "$(seen pod1 tcp "$(address pod3 4)") $(in_host node1 ip -d link show skiff-vx6 | grep -o 'id [0-9]*\|dstport [0-9]*' | tr '\n' ' ')" \
    "$(address pod1 4) id 77 dstport 8472 "
finish
