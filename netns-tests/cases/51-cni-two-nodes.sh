#!/bin/bash
# fabric bridge ── nodeA 172.18.0.11 ── podA 10.244.1.x
#               └─ nodeB 172.18.0.12 ── podB 10.244.2.x
# Claim: over direct routes pods and nodes reach each other with their own addresses in all four directions, with packets of the
# full MTU.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
prepare_nodes
ip link add fabric type bridge && ip link set fabric up
number=1
for node in nodeA nodeB; do
    new_host $node
    ip link add up$node type veth peer name eth0 netns $node
    ip link set up$node master fabric up
    neighbours_at_once $node eth0
    in_host $node ip addr add 172.18.0.1$number/24 dev eth0
    in_host $node ip addr add fd18::1$number/64 dev eth0 nodad
    in_host $node ip link set eth0 up
    forwarding $node
    network $node "[\"10.244.$number.0/24\",\"fd00:$number::/64\"]" '"mtu":1500'
    number=$((number + 1))
done
in_host nodeA ip route add 10.244.2.0/24 via 172.18.0.12
in_host nodeA ip route add fd00:2::/64 via fd18::12
in_host nodeB ip route add 10.244.1.0/24 via 172.18.0.11
in_host nodeB ip route add fd00:1::/64 via fd18::11
add_pod nodeA podA
add_pod nodeB podB
for host in podA podB nodeA nodeB; do serve $host; done
for family in 4 6; do
    a=$(address podA $family) b=$(address podB $family)
    if [ $family = 4 ]; then nodeA=172.18.0.11 nodeB=172.18.0.12; else nodeA=fd18::11 nodeB=fd18::12; fi
    for kind in tcp udp; do
        check "podA to podB, $kind, IPv$family" "$(seen podA $kind "$b")" "$a"
        check "podB to podA, $kind, IPv$family" "$(seen podB $kind "$a")" "$b"
        check "nodeA to podB, $kind, IPv$family" "$(seen nodeA $kind "$b")" "$nodeA"
        check "podA to nodeB, $kind, IPv$family" "$(seen podA $kind "$nodeB")" "$a"
    done
done
datagram() {
    in_host podA python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
s.settimeout(20)
try:
    s.connect((sys.argv[1], 8080)); s.send(b"x" * (int(sys.argv[2]) - 28)); print(s.recv(100).decode())
except OSError as error: print(error.strerror)' "$(address podB 4)" "$1"
}
check "a packet of 1500 bytes that must not be split" "$(datagram 1500)" "$(address podA 4)"
check "one byte more" "$(datagram 1501)" "Message too long"
finish
