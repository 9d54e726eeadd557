#!/bin/bash
# left 172.18.1.0/24 ── node1, node2; right 172.18.2.0/24 ── node3; a router between; links of 9000 bytes
# Claim: the conflist says the least of all ways; a packet of exactly that size passes and one byte more is refused at the sender; a pod that
# was started with a larger MTU learns the smaller one from its node and its TCP goes on; so it does where a link on the way takes less than
# the nodes' own, over tunnels of both families.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
link_mtu=9000
. "$NETNS_TESTS/two-links.sh"
in_host hub ip link set br1 mtu 9000
in_host hub ip link set br2 mtu 9000
list "${objects[@]:0:2}" | objects two
routes_once node1 two
check "while all share a link of 9000" "$(mtu_of node1)" 9000
node_pod node1 early
say "node3 joins"
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do routes_once $node cluster; done
check "with a tunnel over the link of 9000" "$(mtu_of node1)" 8950
node_pod node2 pod2
node_pod node3 pod3
for pod in pod2 pod3; do serve $pod; done
check "8950 bytes to a pod on the link" "$(ping_from early "$(address pod2 4)" 8950)" ok
check "8950 bytes through the tunnel, IPv4" "$(ping_from early "$(address pod3 4)" 8950)" ok
check "8950 bytes through the tunnel, IPv6" "$(ping_from early "$(address pod3 6)" 8950)" ok
check "8951 are too long: the node says so" "$(ping_from early "$(address pod3 4)" 8951 >/dev/null; ping_from early "$(address pod3 4)" 8951)" "Message too long"
check "and in IPv6" "$(ping_from early "$(address pod3 6)" 8951 >/dev/null; ping_from early "$(address pod3 6)" 8951)" "Message too long"
in_host pod3 python3 - <<'PYTHON' &
import socket
s = socket.create_server(("::", 9090), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    c, _ = s.accept(); n = 0
    while b := c.recv(65536): n += len(b)
    c.sendall(str(n).encode()); c.close()
PYTHON
# send ADDRESS: how many bytes of a megabyte the other end says that it got.
send() {
    in_host early python3 - "$1" <<'PYTHON'
import socket, sys, time
for attempt in range(50):
    try: s = socket.create_connection((sys.argv[1], 9090), timeout=5); break
    except OSError: time.sleep(0.05)
s.sendall(b"x" * (1 << 20)); s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())
PYTHON
}
check "a megabyte from the early pod, IPv4" "$(send "$(address pod3 4)")" 1048576
check "a megabyte from the early pod, IPv6" "$(send "$(address pod3 6)")" 1048576
say "the far link takes 1400 bytes only"
narrow() { ip -n hub link set p-node3 mtu $1; in_host node3 ip link set eth0 mtu $1; in_host hub ip link set br2 mtu $1; }
narrow 1400
routes_once node3 cluster
check "node3's new pods know" "$(mtu_of node3)" 1350
for family in 4 6; do check "a megabyte on the narrow way, IPv$family" "$(send "$(address pod3 $family)")" 1048576; done
say "the same by a tunnel over IPv6"
for node in node1 node3; do
    objects[$(($(number $node) - 1))]=$(node_object $node "$(in_host $node ip -o -6 addr show dev eth0 scope global | grep -o 'fd18[^/]*')")
done
list "${objects[@]}" | objects six
for node in node1 node3; do routes_once $node six; done
check "it is" "$(in_host node1 ip route get "$(address pod3 4)" | grep -o 'dev [^ ]*')" "dev skiff-vx6"
check "for both families" "$(in_host node1 ip -6 route get "$(address pod3 6)" | grep -o 'dev [^ ]*')" "dev skiff-vx6"
for node in node1 node3; do routes_once $node six --pod-mtu 1330; done
for family in 4 6; do check "a megabyte on the narrow way, IPv$family" "$(send "$(address pod3 $family)")" 1048576; done
narrow 9000
routes_once node1 cluster --pod-mtu 1300
check "--pod-mtu is what new pods get" "$(mtu_of node1)" 1300
finish
