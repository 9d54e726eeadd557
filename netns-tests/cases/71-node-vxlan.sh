#!/bin/bash
# left 172.18.1.0/24 ── node1 .11, node2 .12        router .1/.1 joins the two links and drops every packet
# right 172.18.2.0/24 ── node3 .13                  with a pod's address
# Claim: nodes on one link use direct routes, nodes on two links VXLAN; every pod reaches every pod both ways, TCP, UDP and ICMP, IPv4 and
# IPv6, without NAT; nodes reach pods; the MTU is what fits; a node that leaves leaves nothing; another one
# takes its pods over, and nodes change their addresses, at the far end and at the near.
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

# readdress NODE SIDE NUMBER: other addresses of both families on its link, and in its Node.
readdress() {
    in_host $1 ip addr flush dev eth0 scope global
    in_host $1 ip addr add 172.18.$2.$3/24 dev eth0 && in_host $1 ip addr add fd18:$2::$3/64 dev eth0 nodad
    in_host $1 ip route replace default via 172.18.$2.1 && in_host $1 ip -6 route replace default via fd18:$2::1
    objects[$(($(number $1) - 1))]=$(node_object $1 172.18.$2.$3 fd18:$2::$3)
}
both_ways() {
    local family
    for family in 4 6; do
        check "$1: pod1 to pod3, IPv$family" "$(seen pod1 tcp "$(address pod3 $family)")" "$(address pod1 $family)"
        check "$1: pod3 to pod1, IPv$family" "$(seen pod3 udp "$(address pod1 $family)")" "$(address pod3 $family)"
    done
}
# remote: what node1 knows of the far end.
remote() { in_host node1 bridge fdb show dev skiff-vx4 | sed 's/ *$//'; in_host node1 ip neigh show 10.244.3.0 dev skiff-vx4 | sed 's/ *$//'; }
say "node4 comes with its pods, at another address"
readdress node3 2 23
objects[2]=${objects[2]//'"name": "node3"'/'"name": "node4"'}
list "${objects[@]}" | objects taken
routes_once node1 taken
routes_once node3 taken --node-name node4
both_ways "taken over"
check "one entry and one neighbour lead to node4" "$(remote)" "0a:53:ac:12:02:17 dst 172.18.2.23 self permanent
10.244.3.0 lladdr 0a:53:ac:12:02:17 PERMANENT"
say "node4 changes its address"
readdress node3 2 33
objects[2]=${objects[2]//'"name": "node3"'/'"name": "node4"'}
list "${objects[@]}" | objects moved
routes_once node1 moved
routes_once node3 moved --node-name node4
both_ways "its address changed"
check "one entry and one neighbour lead there" "$(remote)" "0a:53:ac:12:02:21 dst 172.18.2.33 self permanent
10.244.3.0 lladdr 0a:53:ac:12:02:21 PERMANENT"
say "node1 changes its address"
readdress node1 1 21
list "${objects[@]}" | objects own
for node in node1 node2; do routes_once $node own; done
routes_once node3 own --node-name node4
both_ways "node1's address changed"
check "the tunnel comes from it" "$(in_host node1 ip -d link show skiff-vx4 | grep -o 'local [0-9.]*')" "local 172.18.1.21"
check "pod1 to pod2, on its link" "$(seen pod1 tcp "$(address pod2 4)") $(seen pod2 tcp "$(address pod1 6)")" "$(address pod1 4) $(address pod2 6)"
finish
