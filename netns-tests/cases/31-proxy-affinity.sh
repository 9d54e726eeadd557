#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: with affinity ClientIP a client stays with one endpoint over any number of connections, through the cluster IP and the node port;
# its time begins again with each; when its endpoint leaves, it goes to another one at once; a restart forgets nobody.
. "$NETNS_TESTS/lib.sh"
topology
sticky='"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}'
list "$(service web 10.96.0.1 TCP 80 30080 "$sticky")" "$(slice web TCP 8080 node1=10.244.1.2 node1=10.244.1.3 node2=10.244.2.2)" | objects web
proxy_once web
one() { ask "$@" | tr ',' '\n' | wc -l; }
check "pod1, thirty connections to the cluster IP: endpoints" "$(one pod1 tcp 10.96.0.1 80 30)" 1
check "client, thirty connections to the node port: endpoints" "$(one client tcp 192.168.60.1 30080 30)" 1
check "the node, thirty connections: endpoints" "$(one node tcp 10.96.0.1 80 30)" 1
remembered() { nft list map ip skiff-proxy affinity | grep -o "10.96.0.1 . tcp . 80 . $1 .* : [0-9.]* . 8080" | sed 's/.* : //'; }
check "remembered clients of the cluster IP" "$(nft list map ip skiff-proxy affinity | grep -o '10.96.0.1 . tcp . 80' | wc -l)" 2
check "remembered clients of the node port" "$(nft list map ip skiff-proxy node-port-affinity | grep -o 'tcp . 30080' | wc -l)" 1
before=$(ask pod1 tcp 10.96.0.1 80 | cut -d' ' -f1)
proxy_once web
check "the same endpoint after a restart" "$(ask pod1 tcp 10.96.0.1 80 20 | cut -d' ' -f1)" "$before"
declare -A address=([pod1]=10.244.1.2 [pod2]=10.244.1.3 [remote]=10.244.2.2)
rest=()
for endpoint in node1=10.244.1.2 node1=10.244.1.3 node2=10.244.2.2; do
    [ "${endpoint#*=}" = "${address[$before]}" ] || rest+=("$endpoint")
done
list "$(service web 10.96.0.1 TCP 80 30080 "$sticky")" "$(slice web TCP 8080 "${rest[@]}")" | objects web
proxy_once web
after=$(ask pod1 tcp 10.96.0.1 80 30)
check "endpoints after its own left" "$(grep -cE '^[a-z0-9]+ [^,]*$' <<<"$after")" 1
check "another one than before" "$([ "${after%% *}" != "$before" ] && [ -n "${address[${after%% *}]:-}" ] && echo yes)" yes
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.2 node1=10.244.1.3 node2=10.244.2.2)" | objects web
proxy_once web
check "without affinity again: endpoints of pod1" "$(one pod1 tcp 10.96.0.1 80 60)" 3
check "nobody is remembered" "$(nft list map ip skiff-proxy affinity | grep -c ' : ')" 1
finish
