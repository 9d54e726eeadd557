#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a pod reaches every endpoint through a cluster IP over UDP, beside a TCP Service on the same address and port.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 UDP 80 0)" "$(slice web UDP 8080 node1=10.244.1.3 node2=10.244.2.2)" \
    "$(service other 10.96.0.1 TCP 80 0)" "$(slice other TCP 8080 node1=10.244.1.3)" | objects web
proxy_once web
check "UDP, forty times" "$(ask pod1 udp 10.96.0.1 80 40)" "pod2 10.244.1.2,remote 10.244.1.2"
check "TCP, forty times" "$(ask pod1 tcp 10.96.0.1 80 40)" "pod2 10.244.1.2"
check_dump
finish
