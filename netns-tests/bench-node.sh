#!/bin/bash
# Throughput and round trips from a pod to a pod on another node: bench-node.sh [SECONDS] [RUNS]
# Each way beside the same links wired by hand:
#   direct      skiff routes, nodes on one link              by hand: ip route
#   vxlan       skiff routes --routing vxlan                  by hand: ip link type vxlan nolearning, fdb, neigh, route
# Prints, per way and family: TCP Gbit/s, median of RUNS; round trips a second of one TCP byte, median; ours as a share of by hand, and whether
# the promise holds: at least 95 %. The two alternate, so that a busy machine slows both. About 3 minutes with the defaults; all of it
# lives in namespaces of its own, which end with it.
set -u
if [ "${1:-}" != inside ]; then
    cd "$(dirname "$0")" || exit 1
    export SKIFF_BIN=${SKIFF_BIN:-$(cd .. && pwd)/.build/release} NETNS_TESTS=$PWD
    exec unshare --net --mount --pid --fork --mount-proc --propagation private bash "$NETNS_TESTS/bench-node.sh" inside "$@"
fi
shift
seconds=${1:-2} runs=${2:-5}
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
new_host hub
objects=()
for node in node1 node2; do
    n=$(number $node)
    new_host $node
    plug $node hub eth0 172.18.0.1$n/24 fd18::1$n/64
    objects+=("$(node_object $node 172.18.0.1$n fd18::1$n)")
done
list "${objects[@]}" | objects cluster
for node in node1 node2; do routes_once $node cluster >/dev/null; node_pod $node pod$(number $node) >/dev/null; done
server() {
    in_host pod2 python3 - <<'PYTHON' &
import socket, threading
def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    mode = connection.recv(1)
    try:
        if mode == b"r":
            while data := connection.recv(1): connection.send(data)
        else:
            buffer = bytearray(1 << 18)
            while connection.recv_into(buffer): pass
            connection.send(b"!")
    except OSError: pass
listener = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
}
# measure stream|trips FAMILY: one number.
measure() {
    in_host pod1 python3 - "$(address pod2 "$2")" "$1" "$seconds" <<'PYTHON'
import socket, sys, time
address, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
s = socket.create_connection((address, 7000), timeout=10)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
count, begin = 0, time.monotonic()
if kind == "trips":
    s.send(b"r")
    while time.monotonic() - begin < seconds:
        s.send(b"x"); s.recv(1); count += 1
    print(count / (time.monotonic() - begin))
else:
    s.send(b"s"); block = bytes(1 << 17)
    while time.monotonic() - begin < seconds: s.sendall(block); count += len(block)
    s.shutdown(socket.SHUT_WR); s.recv(1)
    print(count * 8 / (time.monotonic() - begin) / 1e9)
PYTHON
}
ours_direct() { for node in node1 node2; do routes_once $node cluster >/dev/null; done; }
ours_vxlan() { for node in node1 node2; do routes_once $node cluster --routing vxlan >/dev/null; done; }
clear_ours() { for node in node1 node2; do in_host $node "$routes_program" routes --node-name $node --remove 2>/dev/null; done; }
hand_direct() {
    in_host node1 ip route replace 10.244.2.0/24 via 172.18.0.12
    in_host node2 ip route replace 10.244.1.0/24 via 172.18.0.11
    in_host node1 ip route replace fd10:244:0:2::/64 via fd18::12
    in_host node2 ip route replace fd10:244:0:1::/64 via fd18::11
}
hand_vxlan() {
    local n other
    for n in 1 2; do
        other=$((3 - n))
        in_host node$n ip link add hand type vxlan id 42 dstport 4789 local 172.18.0.1$n nolearning
        in_host node$n ip link set hand address 02:00:00:00:00:0$n up
        in_host node$n ip addr add 10.244.$n.0/32 dev hand
        in_host node$n bridge fdb add 02:00:00:00:00:0$other dev hand dst 172.18.0.1$other
        in_host node$n ip neigh add 10.244.$other.0 lladdr 02:00:00:00:00:0$other dev hand nud permanent
        in_host node$n ip route replace 10.244.$other.0/24 via 10.244.$other.0 dev hand onlink
        in_host node$n ip addr add fd10:244:0:$n::/128 dev hand nodad
        in_host node$n ip neigh add fd10:244:0:$other:: lladdr 02:00:00:00:00:0$other dev hand nud permanent
        in_host node$n ip route replace fd10:244:0:$other::/64 via fd10:244:0:$other:: dev hand onlink
    done
}
clear_hand() {
    in_host node1 ip link del hand 2>/dev/null; in_host node2 ip link del hand 2>/dev/null
    in_host node1 ip route del 10.244.2.0/24 2>/dev/null; in_host node2 ip route del 10.244.1.0/24 2>/dev/null
    in_host node1 ip route del fd10:244:0:2::/64 2>/dev/null; in_host node2 ip route del fd10:244:0:1::/64 2>/dev/null
}
server

measure_once() { seconds=0.01 measure trips 4 >/dev/null; }
ours_direct
wait_until "the server" measure_once
printf '%-8s %-6s %-8s %14s %14s %8s  %s\n' way family what ours "by hand" share "promise: 95 %"
for way in direct vxlan; do
    rm -f "$work"/ours-* "$work"/hand-*
    for ((run = 0; run < runs; run++)); do
        for who in ours hand; do
            clear_hand; clear_ours
            ${who}_$way
            for family in 4 6; do for kind in stream trips; do measure $kind $family >>"$work/$who-$kind-$family"; done; done
        done
    done
    clear_hand; clear_ours
    for family in 4 6; do
        for kind in stream trips; do
            python3 - "$way" "$family" "$kind" "$work/ours-$kind-$family" "$work/hand-$kind-$family" <<'PYTHON'
import statistics, sys
way, family, kind, ours, hand = *sys.argv[1:4], *(statistics.median(map(float, open(f))) for f in sys.argv[4:])
form = "%.2f Gbit/s" if kind == "stream" else "%.0f /s"
share = 100 * ours / hand
print("%-8s IPv%-3s %-8s %14s %14s %7.1f%%  %s" % (way, family, kind, form % ours, form % hand, share, "held" if share >= 95 else "MISSED"))
PYTHON
        done
    done
done
