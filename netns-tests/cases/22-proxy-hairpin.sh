#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a pod that reaches itself through its own Service gets an answer, because its source is replaced; others keep theirs.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.2)" | objects web
proxy_once web
check "pod1 to itself" "$(ask pod1 tcp 10.96.0.1 80 5)" "pod1 10.244.1.1"
check "pod2 to pod1" "$(ask pod2 tcp 10.96.0.1 80 5)" "pod1 10.244.1.3"
check_dump
finish
