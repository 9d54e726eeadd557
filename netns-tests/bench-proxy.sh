#!/bin/bash
# Figures of `skiff proxy` against a generated API server, in a network namespace of its own: resident memory, and a rolling restart.
#   netns-tests/bench-proxy.sh [memory|rolling]
# SERVICES (30000), SKIFF_BIN (.build/release).
set -u
if [ -z "${BENCH_INSIDE:-}" ]; then
    cd "$(dirname "$0")" || exit 1
    export SKIFF_BIN=${SKIFF_BIN:-$PWD/../.build/release} BENCH_INSIDE=1
    exec unshare --net --mount --pid --fork --mount-proc --propagation private bash "$PWD/bench-proxy.sh" "$@"
fi
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
ip link set lo up
services=${SERVICES:-30000}
what=${1:-all}
proxy_pid=0

# start COUNT ENDPOINTS [ROLL...]: the server and the proxy, up to the first sync.
start() {
    python3 objects_server.py 7080 "$@" &
    server_pid=$!
    printf '{"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:7080"}}], "users": [{"name": "u", "user": {}}]}' >"$work/kubeconfig"
    until curl -s -o /dev/null http://127.0.0.1:7080/api/v1/nodes; do sleep 0.1; done
    "$SKIFF_BIN/skiff" proxy --kubeconfig "$work/kubeconfig" --node-name node1 --cluster-cidr 10.128.0.0/9 --no-own-tables >"$work/log" 2>&1 &
    proxy_pid=$!
    for _ in $(seq 1800); do grep -q 'synced rules' "$work/log" && return; sleep 0.1; done
    echo "no sync within three minutes:"; tail -3 "$work/log"; exit 1
}

stop() { kill $proxy_pid $server_pid 2>/dev/null; wait $proxy_pid $server_pid 2>/dev/null; nft flush ruleset; }
kilobytes() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$proxy_pid/status"; }
cpu() { awk '{ print ($14 + $15) / 100 }' "/proc/$proxy_pid/stat"; }

if [ "$what" != rolling ]; then
    start 0 1
    sleep 2
    echo "idle, no Services: resident $(kilobytes VmRSS) kB"
    stop
    start "$services" 2
    grep -o 'duration="[^"]*"' "$work/log" | head -1 | sed 's/^/first sync: /'
    sleep 5
    echo "$services Services x 2: resident $(kilobytes VmRSS) kB, at most $(kilobytes VmHWM) kB, cpu $(cpu) s from start"
    stop
fi

if [ "$what" != memory ]; then
    for number in $(seq 0 199); do ip addr add 10.200.0.$number/32 dev lo; done
    ip addr add 10.201.0.1/32 dev lo && ip route add 10.96.0.0/12 dev lo src 10.201.0.1
    start 1 100 50 10 "$work/gone"
    # Answers on every endpoint with the time, and makes 2,000 connections a second; prints those that came to an endpoint which had
    # left its slice more than ten milliseconds before.
    python3 - "$work/gone" <<'PYTHON'
import os, socket, sys, time
server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 8080)); server.listen(4096)
child = os.fork()
if child == 0:
    while True:
        connection, _ = server.accept()
        connection.sendall(connection.getsockname()[0].encode()); connection.close()
seen, failed, begin, number = [], 0, time.monotonic(), 0
while time.monotonic() - begin < 14:
    client = socket.socket(); client.settimeout(1)
    at = time.monotonic()
    try:
        client.connect(("10.96.0.1", 80)); seen.append((at, client.recv(64).decode()))
    except OSError:
        failed += 1
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    number += 1
    pause = begin + number / 2000 - time.monotonic()
    if pause > 0: time.sleep(pause)
os.kill(child, 9); os.waitpid(child, 0)
left, changes = {}, []
for line in open(sys.argv[1]):
    at, gone, come = line.split()
    if gone != "end": changes.append((float(at), gone, come))
late, worst, index = 0, 0.0, 0
for at, endpoint in seen:
    while index < len(changes) and changes[index][0] <= at:
        left[changes[index][1]] = changes[index][0]; left.pop(changes[index][2], None); index += 1
    if endpoint in left:
        worst = max(worst, at - left[endpoint])
        if at - left[endpoint] > 0.01: late += 1
print(f"rolling restart: {len(changes)} endpoints replaced, {len(seen)} connections ({len(seen) / 14:.0f} a second), {failed} failed; "
      f"{late} to an endpoint that had left more than 10 ms before, the latest after {worst * 1000:.1f} ms")
PYTHON
    stop
fi
