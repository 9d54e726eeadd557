#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: nft lists the whole table, and loads its own listing again to the same rules.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.2 node2=10.244.2.2)" \
    "$(service none 10.96.0.2 UDP 53 0)" | objects web
proxy_once web
run nft list table ip skiff-proxy >"$work/before"
sed -i '/^+ /d' "$work/before"
run nft flush ruleset
run nft -f "$work/before"
nft list table ip skiff-proxy >"$work/after"
same() { python3 "$NETNS_TESTS/sorted_elements.py" all <"$1" | cksum; }
check "the table after loading its listing" "$(same "$work/after")" "$(same "$work/before")"
check "a pod through the loaded rules" "$(ask pod2 tcp 10.96.0.1 80 40)" "pod1 10.244.1.3,remote 10.244.1.3"
check_dump all
finish
