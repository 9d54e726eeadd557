#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: the node's own object says where node ports answer and which zone's hints count; ServiceCIDRs say which addresses are dropped;
# --nodeport-addresses overrides the first.
. "$NETNS_TESTS/lib.sh"
topology
node='{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1", "labels": {"topology.kubernetes.io/zone": "a"}}, "spec": {"podCIDRs": ["10.244.1.0/24"]}, "status": {"addresses": [{"type": "InternalIP", "address": "192.168.60.1"}]}}'
range='{"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"}, "spec": {"cidrs": ["10.97.0.0/24"]}}'
hinted() { slice "$@" | sed 's/"addresses": \["10.244.1.3"\]/&, "hints": {"forZones": [{"name": "a"}]}/; s/"addresses": \["10.244.2.2"\]/&, "hints": {"forZones": [{"name": "b"}]}/'; }
list "$node" "$range" "$(service web 10.96.0.1 TCP 80 30080)" "$(hinted web TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" | objects web
proxy_once web
check "the primary address" "$(ask client tcp 192.168.60.1 30080 20)" "pod2 10.244.1.1"
check "another address of the node" "$(ask client tcp 192.168.50.1 30080)" refused
check "an address of the new range" "$(ask pod1 tcp 10.97.0.9 80)" timeout
check "the zone's endpoints" "$(ask pod1 tcp 10.96.0.1 80 30)" "pod2 10.244.1.2"
list "${node/'"a"'/'"b"'}" "$range" "$(service web 10.96.0.1 TCP 80 30080)" "$(hinted web TCP 8080 node1=10.244.1.3 node2=10.244.2.2)" | objects moved
proxy_once moved
check "another zone" "$(ask pod1 tcp 10.96.0.1 80 30)" "remote 10.244.1.2"
proxy_once moved --nodeport-addresses 192.168.50.0/24,10.244.0.0/16
check "given prefixes: within" "$(ask client tcp 192.168.50.1 30080 5)" "remote 192.168.50.1"
check "given prefixes: outside" "$(ask client tcp 192.168.60.1 30080)" refused
ip addr add 192.168.50.77/24 dev vremote
check "an address that came later" "$(ask client tcp 192.168.50.77 30080 5)" "remote 192.168.50.1"
proxy_once moved --nodeport-addresses 0.0.0.0/0
check "every address" "$(ask client tcp 192.168.60.1 30080 5)" "remote 192.168.50.1"
finish
