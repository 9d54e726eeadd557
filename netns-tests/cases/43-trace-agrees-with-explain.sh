#!/bin/bash
# client 192.168.60.9 ── node (node1) ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote (node2), pod address 10.244.2.2
# Claim: what the kernel reports of a live packet is what skiff explain says of it, and a trace leaves nothing behind.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/explain.sh"
topology
web='"app": "web"'
list "$(node node1 192.168.60.1)" "$(node node2 192.168.50.2)" \
    "$(pod client 10.244.1.2 node1 '"app": "client"')" "$(pod web-1 10.244.1.3 node1 "$web")" "$(pod web-2 10.244.2.2 node2 "$web")" \
    "$(backed web 10.96.0.1 "$web")" "$(slice web TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" \
    "$(backed names 10.96.0.2 "$web" '' '{"port": 53, "targetPort": 8080, "protocol": "UDP"}')" "$(slice names UDP 8080 node1=10.244.1.3)" \
    "$(backed nobody 10.96.0.3 '"app": "nobody"')" \
    "$(backed near 10.96.0.4 "$web" '"internalTrafficPolicy": "Local"')" "$(slice near TCP 8080 node2=10.244.2.2)" \
    "$(service port 10.96.0.5 TCP 80 30080 '"selector": {"app": "web"}')" "$(slice port TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" | objects world
proxy_once world

# traced FROM TO: what a probe met, by the members of the JSON that decide.
traced() {
    "$SKIFF_BIN/skiff" trace --objects "$work/world.json" --from "$1" --to "$2" --probe --timeout 90 -o json >"$work/trace.json"
    python3 - "$work/trace.json" <<'P'
import json, sys
d = json.load(open(sys.argv[1]))
facts = {f["step"]: f.get("facts", {}) for f in d["findings"]}
print(d["outcome"], facts.get("result", {}).get("destination", "nowhere"), "agrees" if facts.get("agreement", {}).get("agrees") else "disagrees")
P
}
# path FROM TO: the chains that explain expects.
path() { explain world --from "$1" --to "$2" -o json | python3 -c 'import json,sys; print(*[c for f in json.load(sys.stdin)["findings"] if f["step"] == "rules" for c in f["facts"]["path"]])'; }
# seen: the chains of our table that the last trace saw, each entry once.
seen() {
    python3 - "$work/trace.json" <<'P'
import json, sys
events = next(f["facts"]["events"] for f in json.load(open(sys.argv[1]))["findings"] if f["step"] == "packet")
chains = []
for event in events:
    family, table, chain = event.split()[:3]
    if table == "skiff-proxy" and (not chains or chains[-1] != chain): chains.append(chain)
print(*chains)
P
}
for _ in 1 2 3 4; do traced client web:80; done | sort | uniq -c | sort >"$work/ends"
check "only endpoints, always as explained" "$(awk '{print $3, $4}' "$work/ends" | sort -u | grep -vE '^(10.244.1.3|10.244.2.2):8080 agrees$')" ""
check "UDP" "$(traced client names:53)" "reachable 10.244.1.3:8080 agrees"
check "its path" "$(seen)" "$(path client names:53)"
check "no endpoint" "$(traced client nobody:80)" "blocked nowhere agrees"
check "its path" "$(seen)" "$(path client nobody:80)"
check "none on this node" "$(traced client near:80)" "blocked nowhere agrees"
check "its path" "$(seen)" "$(path client near:80)"
check "from the node itself" "$(traced node/node1 names:53)" "reachable 10.244.1.3:8080 agrees"
check "to a pod's own address" "$(traced client 10.244.1.3:8080 | cut -d' ' -f1)" "reachable"

# A live packet, not ours: the trace waits for it.
"$SKIFF_BIN/skiff" trace --objects "$work/world.json" --from 192.168.60.9 --to 192.168.60.1:30080 --timeout 90 >"$work/live" &
waiting=$!
wait_until "the trace's table" nft list table ip skiff-trace
ask client tcp 192.168.60.1 30080 >/dev/null
wait $waiting
says "the live packet" "$(cat "$work/live")" "ok agreement as skiff explain says" "ip skiff-proxy dispatch rule"

# A stranger's rule, which no look at our table could show.
nft -f - <<'N'
table ip firewall {
    chain forward { type filter hook forward priority 0; policy accept; ip daddr 10.244.1.3 drop; ip daddr 10.244.2.2 drop; }
}
N
"$SKIFF_BIN/skiff" trace --objects "$work/world.json" --from client --to web:80 --probe >"$work/stranger"
check "its status" $? 1
says "another program's rule" "$(cat "$work/stranger")" "NO result dropped by ip firewall forward rule" "skiff explain says otherwise"
says "explain warns of it" "$(explain world --from client --to web:80)" "ip firewall forward: forward at 0, 2 rules, policy accept"
check "nothing stays" "$(nft list tables | sort | tr '\n' ' ')" "table ip firewall table ip skiff-proxy table ip6 skiff-proxy "
finish
