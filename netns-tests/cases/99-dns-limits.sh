#!/bin/bash
# pod1 ── br0 ── node: skiff dns
# Claim: nonsense, floods and greedy clients are answered, refused or dropped; the others notice nothing, and memory stays bounded.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/dns.sh"
need dig
topology
many=()
for i in $(seq 100); do many+=("node1=10.244.9.$i"); done
list "$(kube_dns)" "$(service web 10.96.1.1 TCP 80 0)" "$(pod pod1 10.244.1.2)" \
    '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "many", "namespace": "default"}, "spec": {"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}}' \
    "$(slice many TCP 80 "${many[@]}")" | objects all
dns_start all
zone=default.svc.cluster.local
flags() { in_host pod1 dig @$dns_service +notcp +ignore "$@" many.$zone A | sed -n 's/^;; flags: \([a-z ]*\);.*/\1/p'; }
check "a hundred addresses do not fit 512 bytes" "$(flags +noedns)" "qr aa tc rd ra"
check "nor 1232" "$(flags +bufsize=4096)" "qr aa tc rd ra"
check "the truncated answer is at most 1232 bytes" "$(in_host pod1 dig @$dns_service +notcp +ignore +bufsize=65535 many.$zone | awk '/MSG SIZE/ {print ($5 <= 1232 ? "yes" : $5)}')" yes
check "dig goes on over TCP" "$(in_host pod1 dig @$dns_service +short many.$zone A | wc -l)" 100

cat >"$work/flood.py" <<'P'
import random, socket, struct, sys
random.seed(7)
server = ("10.96.0.10", 53)
name = b"".join(bytes([len(x)]) + x.encode() for x in "web.default.svc.cluster.local".split(".")) + b"\0"
good = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(20000):
    bytes_ = bytearray(good)
    for _ in range(random.randint(1, 8)):
        bytes_[random.randrange(len(bytes_))] = random.randrange(256)
    out.sendto(bytes(bytes_[:random.randint(0, len(bytes_))]) if i % 3 == 0 else bytes(bytes_), server)
P
resident() { awk '/VmRSS/ {print $2}' "/proc/$dns_pid/status"; }
digs pod1 web.$zone A >/dev/null
before=$(resident)
say "twenty thousand broken questions"
in_host pod1 python3 "$work/flood.py"
wait_until "what came before is worked off" bash -c "dig @$dns_service +short +tries=1 +time=5 web.$zone A | grep -qx 10.96.1.1"
check "the server answers as before" "$(digs pod1 web.$zone A)" 10.96.1.1
check "it is the same process" "$(kill -0 $dns_pid && echo yes)" yes

cat >"$work/greedy.py" <<'P'
import socket, struct, sys, time
name = b"".join(bytes([len(x)]) + x.encode() for x in "web.default.svc.cluster.local".split(".")) + b"\0"
query = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
held = []
for _ in range(200):
    s = socket.create_connection(("10.96.0.10", 53), timeout=60)
    held.append(s)
served = 0
for s in held:
    try:
        s.sendall(struct.pack(">H", len(query)) + query)
        if s.recv(2):
            served += 1
    except OSError:
        pass
print(served)
sys.stdout.flush()
time.sleep(60)
P
in_host pod1 python3 "$work/greedy.py" >"$work/served" &
wait_until "two hundred connections were tried" test -s "$work/served"
check "connections that one client may keep" "$(cat "$work/served")" 64
check "another client has its own" "$(in_host pod2 dig @$dns_service +short +tcp web.$zone A)" 10.96.1.1
say "questions that never end, and lengths that lie"
in_host pod2 python3 - <<'P'
import socket, struct
for length, body in ((65535, b"x" * 60000), (5, b"x" * 5), (0, b""), (4096, b"x" * 10)):
    s = socket.create_connection(("10.96.0.10", 53), timeout=60)
    try:
        s.sendall(struct.pack(">H", length) + body)
    except OSError:
        pass
    s.close()
P
check "the server answers still" "$(digs pod2 web.$zone A +tcp)" 10.96.1.1
say "the API server goes away"
python3 "$NETNS_TESTS/objects_server.py" 17080 20 2 &
api=$!
wait_until "the API server" python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:17080/api/v1/services?limit=1", timeout=10)'
cat >"$work/kubeconfig" <<'Y'
{"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:17080"}}],
 "users": [{"name": "x", "user": {}}], "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}]}
Y
alone() {
    "$SKIFF_BIN/skiff" dns --kubeconfig "$work/kubeconfig" --listen 127.0.0.1 --port "$1" --upstreams none --metrics-address "" \
        --ready-address "127.0.0.1:$2" --health-address ":$3" >>"$work/alone.log" 2>&1 &
}
http() { python3 -c 'import sys, urllib.request as u, urllib.error as e
try: print(u.urlopen(sys.argv[1], timeout=60).status)
except e.HTTPError as error: print(error.code)' "$1"; }
alone 5301 8181 8080
wait_until "another server knows the cluster" bash -c "[ \"\$(dig @127.0.0.1 -p 5301 +short +tries=1 +time=5 service-3.default.svc.cluster.local)\" = 10.96.0.4 ]"
check "probes as CoreDNS's" "$(http http://127.0.0.1:8181/ready) $(http http://127.0.0.1:8080/health)" "200 200"
kill $api
wait_until "the API server is gone" bash -c "! ss -ltn | grep -q 17080"
check "what was known is answered" "$(dig @127.0.0.1 -p 5301 +short +tries=1 +time=30 service-3.default.svc.cluster.local)" 10.96.0.4
alone 5302 8182 8082
wait_until "a server that never saw it says so, after its patience" bash -c \
    "dig @127.0.0.1 -p 5302 +tries=1 +time=60 service-3.default.svc.cluster.local | grep -q SERVFAIL"
check "and is not ready, but alive" "$(http http://127.0.0.1:8182/ready) $(http http://127.0.0.1:8082/health)" "503 200"

wait_until "idle connections are closed" bash -c "! ss -tn state established sport = :53 | grep -q 10.244.1.2"
check "memory grew by less than 8 MB" "$([ $(($(resident) - before)) -lt 8192 ] && echo yes || echo $(($(resident) - before)) kB)" yes
finish
