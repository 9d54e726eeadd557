#!/bin/bash
# client 192.168.60.9 ── node ── br0 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: who is masqueraded at a cluster IP follows --detect-local-mode and --masquerade-all.
. "$NETNS_TESTS/lib.sh"
topology
node='{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}, "spec": {"podCIDRs": ["10.244.1.0/24"]}, "status": {"addresses": []}}'
list "$node" "$(service web 10.96.0.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
expect() { # what pod1 and the client look like to the endpoint
    check "pod1" "$(ask pod1 tcp 10.96.0.1 80 3)" "pod2 $1"
    check "client" "$(ask client tcp 10.96.0.1 80 3)" "pod2 $2"
}
proxy_once web --detect-local-mode NodeCIDR
expect 10.244.1.2 10.244.1.1
proxy_once web --detect-local-mode BridgeInterface --pod-bridge-interface br0
expect 10.244.1.2 10.244.1.1
proxy_once web --detect-local-mode BridgeInterface --pod-bridge-interface vclient
expect 10.244.1.1 192.168.60.9
proxy_once web --detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix br
expect 10.244.1.2 10.244.1.1
proxy_once web --masquerade-all
expect 10.244.1.1 10.244.1.1
proxy_once web --cluster-cidr ''
expect 10.244.1.2 192.168.60.9
proxy_command web
check "a mode that does not exist" "$("${proxy[@]}" --once --detect-local-mode Guess 2>&1 | grep -c -- '--detect-local-mode')" 1
finish
