#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: policy Local keeps outside traffic on this node with its source; traffic from inside still reaches every endpoint.
. "$NETNS_TESTS/lib.sh"
topology
local_policy='"externalTrafficPolicy": "Local"'
list "$(service web 10.96.0.1 TCP 80 30080 "$local_policy")" "$(slice web TCP 8080 node1=10.244.1.2 node2=10.244.2.2)" \
    "$(service far 10.96.0.2 TCP 80 30081 "$local_policy")" "$(slice far TCP 8080 node2=10.244.2.2)" | objects web
proxy_once web
check "client, local endpoint" "$(ask client tcp 192.168.60.1 30080 20)" "pod1 192.168.60.9"
check "pod2, all endpoints, source kept" "$(ask pod2 tcp 192.168.60.1 30080 40)" "pod1 10.244.1.3,remote 10.244.1.3"
check "client, no local endpoint" "$(ask client tcp 192.168.60.1 30081)" timeout
check "pod2, no local endpoint" "$(ask pod2 tcp 192.168.60.1 30081 5)" "remote 10.244.1.3"
check "cluster IP of the same Service" "$(ask pod2 tcp 10.96.0.1 80 40)" "pod1 10.244.1.3,remote 10.244.1.3"
check_dump
finish
