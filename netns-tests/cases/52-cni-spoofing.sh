#!/bin/bash
# node 192.0.2.1
#  ├── podA (also carries an address that is not its own)
#  └── podB
# Claim: packets that a pod sends with an address that it was not given go nowhere, and it cannot take over the gateway.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
prepare_nodes
forwarding node
sysctl -qw net.ipv4.conf.all.rp_filter=0
ip addr add 192.0.2.1/32 dev lo scope global
network node '["10.244.1.0/24"]'
add_pod node podA
add_pod node podB
serve podB
b=$(address podB 4)
in_host podA ip addr add 10.244.1.99/32 dev eth0
in_host podA ip addr add 203.0.113.9/32 dev eth0
received() { in_host podB cat /proc/net/snmp | awk '/^Udp:/ && $2 ~ /[0-9]/ { print $2 }'; }
before=$(received)
check "with its own address" "$(seen podA udp "$b" "$(address podA 4)")" "$(address podA 4)"
check "packets that arrived" "$(($(received) - before))" 1
before=$(received)
check "with another pod's address" "$(seen podA udp "$b" 10.244.1.99)" none
check "with a foreign address" "$(seen podA udp "$b" 203.0.113.9)" none
check "packets that arrived" "$(($(received) - before))" 0
check "the gateway's neighbor entry in podB" "$(in_host podB ip neigh show 169.254.1.1)" \
    "169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee PERMANENT "
finish
