#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: rules that somebody else removed are back within seconds, where nobody owns the table.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
answers() { [ "$(ask pod1 tcp 10.96.0.1 80)" = "pod2 10.244.1.2" ]; }
proxy_start web --no-own-tables
wait_until "an answer" answers
run nft flush ruleset
wait_until "an answer after a flush" answers
run nft flush map ip skiff-proxy endpoints
wait_until "an answer after losing the endpoints" answers
run nft insert rule ip skiff-proxy dispatch drop
wait_until "an answer after a foreign rule" answers
check "after three attacks" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
check_dump
finish
