#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a pod reaches every endpoint through a cluster IP over TCP, and the endpoint sees the pod's own address.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" | objects web
proxy_once web
check "pod1 to the cluster IP, forty times" "$(ask pod1 tcp 10.96.0.1 80 40)" "pod2 10.244.1.2,remote 10.244.1.2"
check "another port of the address" "$(ask pod1 tcp 10.96.0.1 81)" refused
check "an address of no Service" "$(ask pod1 tcp 10.96.7.7 80)" timeout
check_dump
finish
