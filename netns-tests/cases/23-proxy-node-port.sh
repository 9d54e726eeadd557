#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a client from outside reaches a node port on every address of the node, masqueraded; loopback is left alone.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.2 node2=10.244.2.2)" | objects web
proxy_once web
check "client to the node's near address" "$(ask client tcp 192.168.60.1 30080 40)" "pod1 10.244.1.1,remote 192.168.50.1"
check "client to the node's far address" "$(ask client tcp 192.168.50.1 30080 40)" "pod1 10.244.1.1,remote 192.168.50.1"
check "pod2 to the node port" "$(ask pod2 tcp 10.244.1.1 30080 40)" "pod1 10.244.1.1,remote 192.168.50.1"
check "the node to its own port" "$(ask node tcp 192.168.60.1 30080 40 | sed 's/ [^,]*//g')" "pod1,remote"
check "loopback" "$(ask node tcp 127.0.0.1 30080)" refused
ip addr add 192.168.60.77/24 dev vclient
check "an address that came later" "$(ask client tcp 192.168.60.77 30080 40)" "pod1 10.244.1.1,remote 192.168.50.1"
check_dump
finish
