#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: clients of a cluster IP that are no pods are masqueraded, so that answers come back through this node.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.2 node2=10.244.2.2)" | objects web
proxy_once web
check "client outside" "$(ask client tcp 10.96.0.1 80 40)" "pod1 10.244.1.1,remote 192.168.50.1"
check "the node itself" "$(ask node tcp 10.96.0.1 80 40 | sed 's/ [^,]*//g')" "pod1,remote"
check_dump
finish
