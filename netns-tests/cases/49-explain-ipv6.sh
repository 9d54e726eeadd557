#!/bin/bash
# client fd00:60::9 ── node (node1) ── fd00:10:1::/64 ── pod1 ::2, pod2 ::3
#                       └── remote (node2), pod address fd00:10:2::2
# Claim: over IPv6 skiff explain says what a real client meets, and what the kernel reports of a live packet is what it says.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/explain.sh"
topology6
web='"app": "web"'
world=(
    "$(node node1 fd00:60::1)" "$(node node2 fd00:50::2)"
    "$(pod client fd00:10:1::2 node1 '"app": "client"')" "$(pod web-1 fd00:10:1::3 node1 "$web")" "$(pod web-2 fd00:10:2::2 node2 "$web")"
    "$(backed web fd00:96::1 "$web")" "$(slice web TCP 8080 node1=fd00:10:1::3 node2=fd00:10:2::2)"
    "$(backed names fd00:96::2 "$web" '' '{"port": 53, "targetPort": 8080, "protocol": "UDP"}')" "$(slice names UDP 8080 node1=fd00:10:1::3)"
    "$(backed nobody fd00:96::3 '"app": "nobody"')"
    "$(backed near fd00:96::4 "$web" '"internalTrafficPolicy": "Local"')" "$(slice near TCP 8080 node2=fd00:10:2::2)"
    "$(service edge fd00:96::5 TCP 80 30080 '"externalTrafficPolicy": "Local", "selector": {"app": "web"}')" "$(slice edge TCP 8080 node2=fd00:10:2::2)"
    "$(service port fd00:96::6 TCP 80 30081 '"selector": {"app": "web"}')" "$(slice port TCP 8080 node1=fd00:10:1::3 node2=fd00:10:2::2)"
)
list "${world[@]}" | objects world
proxy_once world --cluster-cidr 10.244.0.0/16,fd00:10::/32 --service-cidr 10.96.0.0/16,fd00:96::/112

# outcome FROM TO [FLAG...]: what explain says in a word.
outcome() { explain world --from "$1" --to "$2" "${@:3}" -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["outcome"])'; }
check "a Service" "$(outcome client web:80)" reachable
check "as a client meets it" "$(ask pod1 tcp fd00:96::1 80 40)" "pod2 fd00:10:1::2,remote fd00:10:1::2"
says "both endpoints may answer" "$(explain world --from client --to web:80)" "[fd00:10:1::3]:8080" "[fd00:10:2::2]:8080"
check "its address, written in brackets" "$(outcome client '[fd00:96::1]:80')" reachable
check "another port" "$(outcome client '[fd00:96::1]:81')" blocked
check "as a client meets it" "$(ask pod1 tcp fd00:96::1 81)" refused
check "no endpoint" "$(outcome client nobody:80)" blocked
check "as a client meets it" "$(ask pod1 tcp fd00:96::3 80)" refused
check "none on this node" "$(outcome client near:80)" blocked
check "as a client meets it" "$(ask pod1 tcp fd00:96::4 80)" timeout
check "an address of no Service" "$(outcome client '[fd00:96::707]:80')" blocked
check "as a client meets it" "$(ask pod1 tcp fd00:96::707 80)" timeout
check "policy Local by the wrong node" "$(outcome fd00:60::9 '[fd00:60::1]:30080' --node node1)" blocked
check "as a client meets it" "$(ask client tcp fd00:60::1 30080)" timeout
check "a node port" "$(outcome fd00:60::9 '[fd00:60::1]:30081' --node node1)" reachable
check "as a client meets it" "$(ask client tcp fd00:60::1 30081 40 | sed 's/ [^,]*//g')" "pod2,remote"

# traced FROM TO: what a probe met.
traced() {
    "$SKIFF_BIN/skiff" trace --objects "$work/world.json" --from "$1" --to "$2" --probe -o json | python3 -c '
import json, sys
d = json.load(sys.stdin)
facts = {f["step"]: f.get("facts", {}) for f in d["findings"]}
print(d["outcome"], facts.get("result", {}).get("destination", "nowhere"), "agrees" if facts.get("agreement", {}).get("agrees") else "disagrees")'
}
check "a packet to UDP" "$(traced client names:53)" "reachable [fd00:10:1::3]:8080 agrees"
check "packets to two endpoints" "$(for _ in 1 2 3; do traced client web:80; done | grep -vE '^reachable \[fd00:10:(1::3|2::2)\]:8080 agrees$')" ""
check "a packet without an endpoint" "$(traced client nobody:80)" "blocked nowhere agrees"
check "a packet that must stay here" "$(traced client near:80)" "blocked nowhere agrees"
check "nothing stays" "$(nft list tables | grep -c skiff-trace)" 0
finish
