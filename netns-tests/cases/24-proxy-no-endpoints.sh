#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: without endpoints a connection is refused at once: TCP by a reset, UDP by ICMP.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.2 TCP 80 30080)" "$(service dns 10.96.0.3 UDP 53 30053)" | objects empty
proxy_once empty
check "pod, TCP" "$(ask pod1 tcp 10.96.0.2 80)" refused
check "pod, UDP" "$(ask pod1 udp 10.96.0.3 53)" refused
check "node, TCP" "$(ask node tcp 10.96.0.2 80)" refused
check "node, UDP" "$(ask node udp 10.96.0.3 53)" refused
check "client, node port, TCP" "$(ask client tcp 192.168.60.1 30080)" refused
check "client, node port, UDP" "$(ask client udp 192.168.60.1 30053)" refused
list "$(service web 10.96.0.2 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects filled
proxy_once filled
check "once an endpoint is there" "$(ask pod1 tcp 10.96.0.2 80)" "pod2 10.244.1.2"
check "a Service that is gone" "$(ask pod1 udp 10.96.0.3 53)" timeout
check_dump
finish
