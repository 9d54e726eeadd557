#!/bin/bash
# Figures of `skiff proxy` against a generated API server, in a network namespace of its own, each beside its promise.
#   netns-tests/bench-proxy.sh [memory|rolling|latency|changes]...
# SERVICES (30000), SECONDS_OF_CHANGES (60), SHAPE (SERVICES; 0 leaves it out), SKIFF_BIN (.build/release). Prints a table; a line that misses
# its promise ends with "missed". Of "memory", kube-proxy's shape with 30,000 Services takes nft minutes.
set -u
if [ -z "${BENCH_INSIDE:-}" ]; then
    cd "$(dirname "$0")" || exit 1
    export SKIFF_BIN=${SKIFF_BIN:-$PWD/../.build/release} BENCH_INSIDE=1
    exec unshare --net --mount --pid --fork --mount-proc --propagation private bash "$PWD/bench-proxy.sh" "$@"
fi
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"; rmdir $group 2>/dev/null' EXIT
ip link set lo up
services=${SERVICES:-30000}
seconds=${SECONDS_OF_CHANGES:-60}
[ $# = 0 ] && set -- memory latency changes rolling
proxy_pid=0 server_pid=0

# A memory cgroup of either version: what the kernel holds for who is in it, or made something that still stands.
group="" held=""
if [ -e /sys/fs/cgroup/memory/memory.kmem.usage_in_bytes ]; then group=/sys/fs/cgroup/memory/skiff-bench-$$ held=memory.kmem.usage_in_bytes
elif grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then group=/sys/fs/cgroup/skiff-bench-$$ held=memory.stat
fi
{ [ -n "$group" ] && mkdir "$group" 2>/dev/null; } || group=""
held_bytes() { case $held in memory.stat) awk '$1 == "kernel" { print $2 }' "$group/$held" ;; *) cat "$group/$held" ;; esac; }
# grouped COMMAND...: becomes the command, in the group.
grouped() { [ -z "$group" ] || echo "$BASHPID" >"$group/cgroup.procs"; exec "$@"; }

row() { printf '%-58s %18s %22s%s\n' "$1" "$2" "$3" "${4:+  $4}"; }
# verdict FIGURE LIMIT: "missed" when the figure is not below the limit.
verdict() { awk -v figure="$1" -v limit="$2" 'BEGIN { if (!(figure + 0 < limit + 0) || figure == "-") print "missed" }'; }

# start COUNT ENDPOINTS [CHANGES...]: the server and the proxy (with $flags), up to the first sync.
flags=()
start() {
    python3 objects_server.py 7080 "$@" &
    server_pid=$!
    printf '{"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:7080"}}], "users": [{"name": "u", "user": {}}]}' >"$work/kubeconfig"
    until curl -s -o /dev/null http://127.0.0.1:7080/api/v1/nodes; do sleep 0.1; done
    grouped "$SKIFF_BIN/skiff" proxy --kubeconfig "$work/kubeconfig" --node-name node1 --cluster-cidr 10.128.0.0/9 --no-own-tables \
        ${flags[@]+"${flags[@]}"} >"$work/log" 2>&1 &
    proxy_pid=$!
    for _ in $(seq 1800); do grep -q 'synced rules' "$work/log" && return; sleep 0.1; done
    echo "no sync within three minutes:"; tail -3 "$work/log"; exit 1
}

stop() { kill $proxy_pid $server_pid 2>/dev/null; wait $proxy_pid $server_pid 2>/dev/null; nft flush ruleset; rm -f "$work"/changes*; }
kilobytes() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$proxy_pid/status"; }
megabytes() { awk -v kilobytes="$(kilobytes "$1")" 'BEGIN { printf "%.1f", kilobytes / 1024 }'; }
cpu() { awk '{ print ($14 + $15) / 100 }' "/proc/$proxy_pid/stat"; }
# settle: until the resident size has stood still for ten seconds.
settle() {
    local before=0 now still=0
    for _ in $(seq 60); do
        sleep 1
        now=$(kilobytes VmRSS)
        if [ $((now > before ? now - before : before - now)) -lt 256 ]; then still=$((still + 1)); else still=0; fi
        before=$now
        [ $still -ge 10 ] && return
    done
}

memory() {
    start 0 1
    settle
    row "resident, idle" "$(megabytes VmRSS) MB" "under 20 MB" "$(verdict "$(megabytes VmRSS)" 20)"
    row "  of it memory / the program's file" "$(megabytes RssAnon) / $(megabytes RssFile) MB" ""
    stop
    start "$services" 2
    row "$services x 2: first sync" "$(grep -o 'duration="[0-9.]*' "$work/log" | head -1 | tr -d 'a-z="' | cut -c1-5) s" ""
    settle
    row "$services x 2: resident" "$(megabytes VmRSS) MB" "under 90 MB" "$(verdict "$(megabytes VmRSS)" 90)"
    row "  of it memory / the program's file; at most" "$(megabytes RssAnon) / $(megabytes RssFile); $(megabytes VmHWM) MB" ""
    row "  cpu since its start" "$(cpu) s" ""
    kernel "$services x 2: kernel memory of the rules" "under 12 MB" 12
    flags=(--no-service-counters)
    start "$services" 2
    kernel "  without connection counters" ""
    flags=()
    shape "${SHAPE:-$services}"
}

# kernel WHAT PROMISE [LIMIT]: ends the proxy, whose rules stay, and measures what their deletion gives back.
kernel() {
    kill $proxy_pid 2>/dev/null
    wait $proxy_pid 2>/dev/null
    given_back "$1" "$2" "${3:-}"
    stop
}

# given_back WHAT PROMISE [LIMIT]: what the kernel holds for the group's rules.
given_back() {
    [ -n "$group" ] || { row "$1" "-" "no memory cgroup here"; return; }
    local before figure
    # What a process had, and what a rule was, is freed a moment after its end.
    sleep 5
    before=$(held_bytes)
    nft flush ruleset
    sleep 5
    figure=$(awk -v bytes="$((before - $(held_bytes)))" 'BEGIN { printf "%.1f", bytes / 1048576 }')
    row "$1" "$figure MB" "$2" "${3:+$(verdict "$figure" "$3")}"
}

# shape COUNT: kube-proxy's shape of as many Services.
shape() {
    [ "$1" -gt 0 ] || return
    python3 kube_proxy_shape.py "$1" 2 >"$work/shape"
    (grouped nft -f "$work/shape") && given_back "$1 x 2 in kube-proxy's shape" ""
}

# lag WHAT RATE SECONDS SERVICES: endpoints of SERVICES Services change in turn.
lag() {
    start "$4" 2 "$2" "$3" "$work/changes" spread
    sleep 2
    local before after count p50 p99 worst missing
    before=$(cpu)
    read -r count p50 p99 worst missing < <(python3 bench_lag.py "$work/changes" "$3")
    after=$(cpu)
    case $1 in
        latency) row "$4 Services, $2 changes/s: event to commit, p99" "$p99 ms" "under 5 ms" "$(verdict "$p99" 5)" ;;
        changes) row "$4 Services, $2 changes/s for $3 s: worst lag" "$worst ms" "under 100 ms" "$(verdict "$worst" 100)" ;;
    esac
    row "  median / p99 / worst; of $count not seen" "$p50 / $p99 / $worst; $missing" "none" "$(verdict "$missing" 1)"
    local each
    each=$(awk -v cpu="$(awk -v a="$after" -v b="$before" 'BEGIN { print a - b }')" -v count="$count" 'BEGIN { printf "%.2f", cpu * 1000 / count }')
    row "  cpu of the process a change (somebody listens to commits)" "$each ms" "under 1 ms" "$(verdict "$each" 1)"
    stop
}
latency() { lag latency 20 15 1000; lag latency 20 15 "$services"; }
changes() { lag changes 1000 "$seconds" 1000; }

rolling() {
    for number in $(seq 0 199); do ip addr add 10.200.0.$number/32 dev lo; done
    ip addr add 10.201.0.1/32 dev lo && ip route add 10.96.0.0/12 dev lo src 10.201.0.1
    start 1 100 50 10 "$work/gone"
    # Answers on every endpoint with its address, and makes 2,000 connections a second.
    local result
    result=$(python3 - "$work/gone" <<'PYTHON'
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
print(len(changes), f"{len(seen) / 14:.0f}", failed, late, f"{worst * 1000:.1f}")
PYTHON
    )
    read -r replaced rate failed late worst <<<"$result"
    row "rolling restart of 100 endpoints, $rate connections/s: failed" "$failed" "none" "$(verdict "$failed" 1)"
    row "  $replaced replaced; connections to one gone for over 10 ms" "$late" "none" "$(verdict "$late" 1)"
    row "  the latest came after it had left" "$worst ms" ""
    stop
}

row "figure" "measured" "promise"
for what in "$@"; do
    case $what in
        memory | latency | changes | rolling) $what ;;
        *) echo "there is no $what: memory, latency, changes, rolling" >&2; exit 2 ;;
    esac
done
