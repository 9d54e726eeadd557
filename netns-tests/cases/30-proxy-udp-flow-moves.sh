#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a UDP client that keeps one socket moves to the new endpoint when its old one goes, over a restart of the proxy too.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service dns 10.96.0.3 UDP 53 30053)" "$(slice dns UDP 8080 node1=10.244.1.3)" | objects before
list "$(service dns 10.96.0.3 UDP 53 30053)" "$(slice dns UDP 8080 node2=10.244.2.2)" | objects after
# Asks from source port 4000, so that every question belongs to one flow.
flow() { in_host "$1" python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20); s.bind(('', 4000)); s.sendto(b'?', (sys.argv[1], int(sys.argv[2])))
try: print(s.recv(100).decode().split()[0])
except OSError: print('timeout')" "$2" "$3"; }
proxy_once before
check "pod1 before" "$(flow pod1 10.96.0.3 53)" pod2
check "client before" "$(flow client 192.168.60.1 30053)" pod2
proxy_once after
check "pod1 after" "$(flow pod1 10.96.0.3 53)" remote
check "client after" "$(flow client 192.168.60.1 30053)" remote
check_dump
finish
