#!/bin/bash
# Throughput and round trips from a pod to a pod on another node: bench-node.sh [SECONDS] [RUNS]
# Each way beside the same links wired by hand:
#   direct      skiff routes, nodes on one link              by hand: ip route
#   vxlan       skiff routes --routing vxlan                  by hand: ip link type vxlan nolearning, fdb, neigh, route
# Prints, per way: TCP Gbit/s, median of RUNS; round trips a second of one TCP byte, median; and
# ours as a share of by hand. The two alternate, so that a busy machine slows both.
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
target=$(address pod2 4)
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
listener = socket.create_server(("0.0.0.0", 7000))
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
}
# measure stream|trips: one number.
measure() {
    in_host pod1 python3 - "$target" "$1" "$seconds" <<'PYTHON'
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
    done
}
clear_hand() {
    in_host node1 ip link del hand 2>/dev/null; in_host node2 ip link del hand 2>/dev/null
    in_host node1 ip route del 10.244.2.0/24 2>/dev/null; in_host node2 ip route del 10.244.1.0/24 2>/dev/null
}
server

measure_once() { seconds=0.01 measure trips >/dev/null; }
ours_direct
wait_until "the server" measure_once
printf '%-8s %-8s %14s %14s %8s\n' way what ours "by hand" share
for way in direct vxlan; do
    for kind in stream trips; do : >"$work/ours-$kind"; : >"$work/hand-$kind"; done
    for ((run = 0; run < runs; run++)); do
        clear_hand; ours_$way
        for kind in stream trips; do measure $kind >>"$work/ours-$kind"; done
        clear_ours; hand_$way
        for kind in stream trips; do measure $kind >>"$work/hand-$kind"; done
    done
    clear_hand; clear_ours
    for kind in stream trips; do
        python3 - "$way" "$kind" "$work/ours-$kind" "$work/hand-$kind" <<'PYTHON'
import statistics, sys
way, kind, ours, hand = sys.argv[1], sys.argv[2], *(statistics.median(map(float, open(f))) for f in sys.argv[3:])
unit = {"stream": "Gbit/s", "trips": "/s"}[kind]
form = "%.2f %s" if kind == "stream" else "%.0f %s"
print("%-8s %-8s %14s %14s %7.1f%%" % (way, kind, form % (ours, unit), form % (hand, unit), 100 * ours / hand))
PYTHON
    done
done
