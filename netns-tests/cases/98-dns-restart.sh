#!/bin/bash
# pod1 ── br0 ── node: skiff dns, started over and over by a holder of its sockets
# Claim: no question is lost while the name server restarts, however it ends.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/dns.sh"
need dig
topology
list "$(kube_dns)" "$(service web 10.96.1.1 TCP 80 0)" | objects all
run ip addr add $dns_service/32 dev lo
cat >"$work/holder.py" <<'P'
import socket, subprocess, sys
program, objects, log, pids = sys.argv[1:5]
held = []
for kind in (socket.SOCK_DGRAM, socket.SOCK_DGRAM, socket.SOCK_STREAM):
    one = socket.socket(socket.AF_INET, kind)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind(("10.96.0.10", 53))
    if kind == socket.SOCK_STREAM:
        one.listen(512)
    held.append(one)
while True:
    child = subprocess.Popen(
        [program, "dns", "--objects", objects, "--sockets", ",".join(str(s.fileno()) for s in held), "--upstreams", "none"],
        pass_fds=[s.fileno() for s in held], stdout=open(log, "a"), stderr=subprocess.STDOUT)
    with open(pids, "w") as file:
        file.write(str(child.pid))
    child.wait()
P
python3 "$work/holder.py" "$SKIFF_BIN/skiff" "$work/all.json" "$work/dns.log" "$work/pid" &
wait_until "the name server" ready
cat >"$work/names" <<'N'
web.default.svc.cluster.local A
N
lookups() {
    local lost=0 i
    for i in $(seq 150); do
        [ "$(in_host pod1 dig @$dns_service +short +tries=1 +time=5 $1 web.default.svc.cluster.local A)" = 10.96.1.1 ] || lost=$((lost + 1))
    done
    echo $lost
}
lookups +notcp >"$work/udp" & first=$!
lookups +tcp >"$work/tcp" & second=$!
restarts=0
while kill -0 $first 2>/dev/null || kill -0 $second 2>/dev/null; do
    old=$(cat "$work/pid")
    kill -$([ $((restarts % 2)) = 0 ] && echo KILL || echo TERM) "$old" 2>/dev/null && restarts=$((restarts + 1))
    wait_until "another process" bash -c "[ \"\$(cat '$work/pid')\" != $old ]"
    wait_until "it knows the cluster" ready
done
check "UDP questions without an answer" "$(cat "$work/udp")" 0
# A connection that was open when its server ended is gone; dig tells, and a resolver connects again.
check "TCP questions without an answer, at most one per restart" "$([ "$(cat "$work/tcp")" -le $restarts ] && echo yes)" yes
check "there were restarts" "$([ $restarts -ge 3 ] && echo yes)" yes
finish
