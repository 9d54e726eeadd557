#!/bin/bash
# node 192.0.2.1, 2001:db8::1 on lo
#  ├── podA  eth0 ── host end, route per address
#  └── podB  eth0 ── host end, route per address
# Claim: pods of one node reach each other, themselves and the node over TCP and UDP of both families, and every server sees its
# client's own address.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
prepare_nodes
forwarding node
ip addr add 192.0.2.1/32 dev lo scope global
ip addr add 2001:db8::1/128 dev lo
network node '["10.244.1.0/24","fd00:1::/64"]' '"mtu":1450'
add_pod node podA
add_pod node podB
serve podA
serve podB
serve node
for family in 4 6; do
    a=$(address podA $family) b=$(address podB $family)
    if [ $family = 4 ]; then node=192.0.2.1; else node=2001:db8::1; fi
    for kind in tcp udp; do
        check "podA to podB, $kind, IPv$family" "$(seen podA $kind "$b")" "$a"
        check "podB to podA, $kind, IPv$family" "$(seen podB $kind "$a")" "$b"
        check "podA to itself, $kind, IPv$family" "$(seen podA $kind "$a")" "$a"
        check "node to podB, $kind, IPv$family" "$(seen node $kind "$b")" "$node"
        check "podB to the node, $kind, IPv$family" "$(seen podB $kind "$node")" "$b"
    done
done
check "bridges on the node" "$(ip -o link show type bridge | wc -l)" 0
check "pod addresses that the node had to ask for" "$(ip neigh show | grep -v ^fe80 | grep -vc PERMANENT)" 0
finish
