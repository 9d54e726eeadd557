#!/bin/bash
# node 192.0.2.1, 2001:db8::1 on lo
#  ├── podA  eth0 ── host end, route per address
#  └── podB  eth0 ── host end, route per address
# Claim: pods of one node reach each other, themselves and the node over TCP and UDP of both families, and every server sees its
# client's own address; so does who gets an ICMP echo, or a packet of SCTP.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
prepare_nodes
forwarding node
ip addr add 192.0.2.1/32 dev lo scope global
ip addr add 2001:db8::1/128 dev lo
network node '["10.244.1.0/24","fd00:1::/64"]' '"mtu":1450'
add_pod node podA
add_pod node podB
serve podA
serve podB
serve node
# raw FROM TO ADDRESS PROTOCOL: the address that a packet of the IP protocol, sent from one host, has when it arrives in the other.
raw() {
    python3 - "$@" <<'PYTHON'
import ctypes, os, socket, sys
source, target, address, protocol = *sys.argv[1:4], int(sys.argv[4])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
libc = ctypes.CDLL(None, use_errno=True)

def open_in(host):
    with open(f"/run/netns/{host}") as namespace:
        if libc.setns(namespace.fileno(), 0x40000000): raise OSError(ctypes.get_errno(), "setns")
    return socket.socket(family, socket.SOCK_RAW, protocol)

# The echo request, its sum of IPv4 included; for others its bytes are some packet.
packet = (b"\x80\0\0\0" if protocol == 58 else b"\x08\0\xbd\x7f") + b"skif" + b"f-cni..." * 2
receiver, sender = open_in(target), open_in(source)
if protocol == 1:
    words = sum(int.from_bytes(packet[i:i + 2], "big") for i in range(0, len(packet), 2) if i != 2)
    words = (words & 0xffff) + (words >> 16)
    packet = packet[:2] + (~(words + (words >> 16)) & 0xffff).to_bytes(2, "big") + packet[4:]
receiver.settimeout(60)
sender.sendto(packet, (address, 0))
while True:
    try: got, peer = receiver.recvfrom(2048)
    except socket.timeout: print("none"); break
    if b"f-cni..." in got and (protocol != 1 or got[20] == 8): print(peer[0]); break
PYTHON
}
for family in 4 6; do
    a=$(address podA $family) b=$(address podB $family)
    if [ $family = 4 ]; then node=192.0.2.1; else node=2001:db8::1; fi
    for kind in tcp udp; do
        check "podA to podB, $kind, IPv$family" "$(seen podA $kind "$b")" "$a"
        check "podB to podA, $kind, IPv$family" "$(seen podB $kind "$a")" "$b"
        check "podA to itself, $kind, IPv$family" "$(seen podA $kind "$a")" "$a"
        check "node to podB, $kind, IPv$family" "$(seen node $kind "$b")" "$node"
        check "podB to the node, $kind, IPv$family" "$(seen podB $kind "$node")" "$b"
    done
    if [ $family = 4 ]; then echo=1; else echo=58; fi
    for protocol in $echo 132; do
        check "podA to podB, IP protocol $protocol, IPv$family" "$(raw podA podB "$b" $protocol)" "$a"
        check "podB to podA, IP protocol $protocol, IPv$family" "$(raw podB podA "$a" $protocol)" "$b"
    done
done
check "bridges on the node" "$(ip -o link show type bridge | wc -l)" 0
check "pod addresses that the node had to ask for" "$(ip neigh show | grep -v ^fe80 | grep -vc PERMANENT)" 0
finish
