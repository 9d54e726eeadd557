#!/bin/bash
# pod1 ── br0 ── node: skiff dns, ended and started over and over under load ── remote 192.168.50.2: another name server
# Claim: a name server that is asked to end loses no question, over UDP or TCP, its own names or other servers'; whether its sockets
# are held by its starter, or the next one starts beside it. Killed, it loses at most what it had read; resolvers do not notice.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/dns.sh"
need dig
topology
list "$(kube_dns)" "$(service web 10.96.1.1 TCP 80 0)" "$(namespace default)" | objects all
in_host remote python3 "$NETNS_TESTS/upstream.py" 192.168.50.2 53 "$work/asked" &
wait_until "the other server" bash -c "nsenter --net=/run/netns/remote dig @192.168.50.2 +short +tries=1 +time=5 start.example.com | grep -q 192.0.2.1"
web=web.default.svc.cluster.local

# load MODE...: starts lookups in pod1; unload stops them, and leaves each one's "asked lost slow" in $work/load.MODE.
load() {
    loads=("$@") load_pids=()
    rm -f "$work/stop" "$work"/stop.*
    local mode
    for mode in "$@"; do
        local name=$web address=10.96.1.1 least=20
        [ "$mode" = far ] && name=slow150.example.com address=192.0.2.1 least=4
        in_host pod1 python3 "$NETNS_TESTS/lookups.py" "$mode" $name $address "$work/stop" $least >"$work/load.$mode" 2>>"$work/lost" &
        load_pids+=($!)
    done
    for mode in "$@"; do wait_until "$mode has its first answer" test -e "$work/stop.$mode"; done
}
unload() {
    touch "$work/stop"
    wait "${load_pids[@]}"
    local mode
    for mode in "${loads[@]}"; do say "$mode: asked, lost, slow: $(cat "$work/load.$mode")"; done
}
lost() { cut -d' ' -f2 "$work/load.$1"; }

say "1. a holder of the sockets starts the server again whenever it ended"
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
        [program, "dns", "--objects", objects, "--sockets", ",".join(str(s.fileno()) for s in held), "--upstreams", "192.168.50.2"],
        pass_fds=[s.fileno() for s in held], stdout=open(log, "a"), stderr=subprocess.STDOUT)
    with open(pids, "w") as file:
        file.write(str(child.pid))
    child.wait()
P
python3 "$work/holder.py" "$SKIFF_BIN/skiff" "$work/all.json" "$work/dns.log" "$work/pid" &
holder=$!
wait_until "the name server" ready
# restart SIGNAL: ends the server and waits for the next one.
restart() {
    local old
    old=$(cat "$work/pid")
    kill -"$1" "$old"
    wait_until "another process" bash -c "[ \"\$(cat '$work/pid')\" != $old ]"
    wait_until "it knows the cluster" ready
}
load udp tcp far stream glibc musl
for _ in 1 2 3 4 5; do restart TERM; done
unload
for mode in udp tcp far stream glibc musl; do
    check "asked to end, sockets held: lost questions ($mode)" "$(lost $mode)" 0
done

say "2. the same, killed"
load udp tcp stream glibc musl
for _ in 1 2 3 4 5; do restart KILL; done
unload
for mode in stream glibc musl; do check "killed, sockets held: lookups that failed ($mode)" "$(lost $mode)" 0; done
# What a thread had read and not answered: a few datagrams at most, and the connections of that moment.
check "killed: datagrams lost, at most one per client and restart" "$([ "$(lost udp)" -le 5 ] && echo yes)" yes
check "killed: connections lost, at most one per client and restart" "$([ "$(lost tcp)" -le 5 ] && echo yes)" yes
kill $holder
kill "$(cat "$work/pid")"
wait_until "the server has ended" bash -c "! ss -lun | grep -q $dns_service:53"
run ip addr del $dns_service/32 dev lo

say "3. nobody holds the sockets; the next server starts beside the last one"
# A handshake that the ended listener had begun goes on with the other one.
run sysctl -qw net.ipv4.tcp_migrate_req=1
beside() {
    "$SKIFF_BIN/skiff" dns --objects "$work/all.json" --listen $dns_service --local --metrics-address "127.0.0.1:$1" \
        --upstreams 192.168.50.2 >>"$work/dns.log" 2>&1 &
    next=$!
    wait_until "the server at port $1 knows the cluster" python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$1/ready', timeout=10)"
}
beside 9160
load udp tcp far stream glibc musl
for port in 9161 9162 9163; do
    last=$next
    beside $port
    kill "$last"
    wait_until "the last server has ended" bash -c "! kill -0 $last"
done
unload
for mode in udp tcp far stream glibc musl; do
    check "asked to end, another one beside: lost questions ($mode)" "$(lost $mode)" 0
done
check "the address is still there" "$(ip -o addr show | grep -c "$dns_service/32")" 1
kill "$next"
wait_until "the last server's address is gone" bash -c "! ip -o addr | grep -q $dns_service"
[ -s "$work/lost" ] && sort "$work/lost" | uniq -c | head -20
finish
