#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: where kube-proxy's rules stand (both modes), ours come beside them; while a kube-proxy runs it is named and its rules stay; once it has
# ended they go in one transaction, the rules of others stay, and no established connection is cut.
. "$NETNS_TESTS/lib.sh"
topology
need iptables-nft curl
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
# nftables mode, as far as it matters: tables of its own, with a wrong endpoint, so that it shows who decides.
nft -f - <<'RULES'
table ip kube-proxy {
    chain service-web { meta l4proto tcp dnat to 10.244.1.3:8080; }
    map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.1 . tcp . 80 : goto service-web }; }
    chain nat-prerouting { type nat hook prerouting priority -100; ip daddr . meta l4proto . th dport vmap @service-ips; }
}
table ip6 kube-proxy { chain nat-prerouting { type nat hook prerouting priority -100; }; }
table ip other { chain c { type filter hook forward priority 0; counter; }; }
RULES
check "kube-proxy's rules are loaded" $? 0
# iptables mode, beside rules of others.
iptables-nft -t nat -N KUBE-SERVICES && iptables-nft -t nat -N KUBE-SVC-AAAA && iptables-nft -t nat -N KUBE-SEP-BBBB
iptables-nft -t nat -N KUBE-MARK-MASQ && iptables-nft -t nat -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
iptables-nft -t nat -A PREROUTING -m comment --comment 'kubernetes service portals' -j KUBE-SERVICES
iptables-nft -t nat -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp --dport 80 -j KUBE-SVC-AAAA
iptables-nft -t nat -A KUBE-SVC-AAAA -j KUBE-SEP-BBBB
iptables-nft -t nat -A KUBE-SEP-BBBB -p tcp -j DNAT --to-destination 10.244.1.3:8080
iptables-nft -t nat -N CNI-HOSTPORT-DNAT && iptables-nft -t nat -A PREROUTING -j CNI-HOSTPORT-DNAT
iptables-nft -t filter -N KUBE-FIREWALL && iptables-nft -t filter -A INPUT -j KUBE-FIREWALL
iptables-nft -t filter -N KUBE-FORWARD && iptables-nft -t filter -A FORWARD -j KUBE-FORWARD
tables() { nft list tables | grep -c 'kube-proxy$'; }
kube_chains() { nft list ruleset 2>/dev/null | grep -oE 'chain KUBE-[A-Z-]+' | sort -u | tr '\n' ' '; }

# A connection that lives through all of it, established by kube-proxy's rules.
cat >"$work/hold.py" <<'PYTHON'
import socket, sys, time
server = socket.create_server(("10.244.1.3", 8080))
print("listening", flush=True)
connection, _ = server.accept()
while True:
    data = connection.recv(100)
    if not data: break
    connection.sendall(data)
PYTHON
cat >"$work/client.py" <<'PYTHON'
import os, socket, sys, time
client = socket.create_connection(("10.96.0.2", 80), 60)
work = sys.argv[1]
open(work + "/connected", "w").close()
while not os.path.exists(work + "/ask"): time.sleep(0.05)
client.settimeout(90)
client.sendall(b"still there")
print(client.recv(100).decode(), flush=True)
PYTHON
sed -i 's/10.244.1.3", 8080/10.244.1.3", 9090/' "$work/hold.py"
in_host pod2 python3 "$work/hold.py" >"$work/held" &
wait_until "the server that holds" grep -q listening "$work/held"
nft 'add chain ip kube-proxy service-hold; add rule ip kube-proxy service-hold meta l4proto tcp dnat to 10.244.1.3:9090; add element ip kube-proxy service-ips { 10.96.0.2 . tcp . 80 : goto service-hold }'
in_host client python3 "$work/client.py" "$work" >"$work/answer" 2>&1 &
wait_until "an established connection" test -e "$work/connected"

# A process by that name in this namespace.
cp "$(command -v sleep)" "$work/kube-proxy"
"$work/kube-proxy" 1000 &
running=$!
proxy_start web
wait_until "kube-proxy is named" grep -q "a kube-proxy runs on this node: process $running" "$work/proxy.log"
check "its tables while it runs" "$(tables)" 2
check "the next step is told" "$(grep -o 'kubectl -n kube-system delete daemonset kube-proxy' "$work/proxy.log" | head -1)" "kubectl -n kube-system delete daemonset kube-proxy"
check "told once" "$(grep -c 'rules of kube-proxy stand beside ours' "$work/proxy.log")" 1
check "a clean-up beside it" "$("$SKIFF_BIN/skiff" proxy --cleanup-kube-proxy 2>&1 | grep -o 'a kube-proxy runs on this node')" "a kube-proxy runs on this node"
check "both together answer" "$(ask pod1 tcp 10.96.0.1 80 5)" "pod2 10.244.1.2"
run kill $running
wait $running 2>/dev/null
wait_until "it is gone" grep -q 'took over from kube-proxy' "$work/proxy.log"
check "its tables" "$(tables)" 0
check "its chains; the kubelet's stay" "$(kube_chains)" "chain KUBE-FIREWALL "
check "what others wrote" "$(nft list ruleset 2>/dev/null | grep -cE 'jump CNI-HOSTPORT-DNAT|^table ip other')" 2
check "the Service answers" "$(ask pod1 tcp 10.96.0.1 80 5)" "pod2 10.244.1.2"
touch "$work/ask"
wait_until "the held connection's answer" grep -q . "$work/answer"
check "the established connection" "$(cat "$work/answer")" "still there"

# Our own rules go with --cleanup; what a kube-proxy left goes with its own flag.
kill $proxy_pid
wait $proxy_pid 2>/dev/null
nft add table ip kube-proxy
run "$SKIFF_BIN/skiff" proxy --cleanup
check "ours after --cleanup" "$(nft list tables | grep -c skiff-proxy)" 0
check "theirs after --cleanup" "$(tables)" 1
run "$SKIFF_BIN/skiff" proxy --cleanup-kube-proxy
check "theirs after --cleanup-kube-proxy" "$(tables)" 0
run "$SKIFF_BIN/skiff" proxy --cleanup-kube-proxy
check "again, with nothing there" $? 0
nft add table ip kube-proxy
proxy_start web --no-take-over
wait_until "the health port" fetch http://127.0.0.1:10256/healthz
check "with --no-take-over" "$(tables)" 1
finish
