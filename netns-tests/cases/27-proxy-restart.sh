#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a proxy that is killed leaves its rules, and one that starts again changes nothing while they are right.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" | objects web
proxy_start web --no-own-tables
run kill -9 $proxy_pid
check "while no proxy runs" "$(ask pod1 tcp 10.96.0.1 80 40)" "pod2 10.244.1.2,remote 10.244.1.2"
monitor_start
proxy_once web
proxy_once web
monitor_end
check "events of two more runs" "$(wc -l <"$work/events")" 0
check_dump
finish
