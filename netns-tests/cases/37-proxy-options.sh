#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: annotations share out new connections: weights, a part for another Service, one endpoint per client.
. "$NETNS_TESTS/lib.sh"
topology
annotated() { sed "s#\"namespace\": \"default\"}, \"spec\"#\"namespace\": \"default\", \"annotations\": {$1}}, \"spec\"#"; }
list "$(service heavy 10.96.0.1 TCP 80 0 | annotated '"skiff.dev/weights": "10.244.1.3=3"')" "$(slice heavy TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" \
    "$(service split 10.96.0.2 TCP 80 30082 | annotated '"skiff.dev/traffic-split": "next=25"')" "$(slice split TCP 8080 node1=10.244.1.3)" \
    "$(service next 10.96.0.3 TCP 80 0)" "$(slice next TCP 8080 node2=10.244.2.2)" \
    "$(service hashed 10.96.0.4 TCP 80 30084 | annotated '"skiff.dev/load-balancing": "source-hash"')" "$(slice hashed TCP 8080 node1=10.244.1.2 node1=10.244.1.3 node2=10.244.2.2)" \
    "$(service off 10.96.0.5 TCP 80 0 | annotated '"skiff.dev/weights": "node2=0"')" "$(slice off TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" | objects web
proxy_once web
# How many of 400 connections the remote pod answers; each has a chance of one fourth. A fair choice is outside of 50 to 158 less often than
# once in a thousand million times.
share() { in_host "$1" python3 -c "
import socket, sys
count = 0
for _ in range(400):
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 60) as s: count += s.recv(100).startswith(b'remote')
print('fits' if 50 <= count <= 158 else count)" "$2" "$3"; }
check "weights three to one" "$(share pod1 10.96.0.1 80)" fits
check "a fourth to another Service" "$(share pod1 10.96.0.2 80)" fits
check "by the node port too" "$(share client 192.168.60.1 30082)" fits
check "weight 0" "$(ask pod1 tcp 10.96.0.5 80 30)" "pod2 10.244.1.2"
check "one endpoint for pod1" "$(ask pod1 tcp 10.96.0.4 80 20 | grep -cE '^[a-z0-9]+ [^,]*$')" 1
first=$(ask client tcp 10.96.0.4 80 20 | cut -d' ' -f1)
check "the client's, by the node port" "$(ask client tcp 192.168.60.1 30084 20 | cut -d' ' -f1)" "$first"
seen=$(for number in $(seq 20 60); do
    in_host client ip addr add 192.168.60.$number/32 dev lo
    in_host client python3 -c "
import socket
s = socket.create_connection(('192.168.60.1', 30084), 60, ('192.168.60.$number', 0)); print(s.recv(100).decode().split()[0])"
done | sort | uniq -c | awk '$1 >= 4' | wc -l)
check "endpoints that forty clients meet" "$seen" 3
check "nft lists it" "$(nft list ruleset >/dev/null && echo yes)" yes
nft list table ip skiff-proxy >"$work/before"
run nft flush ruleset
check "nft loads its listing" "$(nft -f "$work/before" && echo yes)" yes
check "the client's endpoint through the loaded rules" "$(ask client tcp 192.168.60.1 30084 20 | cut -d' ' -f1)" "$first"
finish
