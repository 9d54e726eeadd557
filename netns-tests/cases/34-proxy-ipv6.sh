#!/bin/bash
# client fd00:60::9 ── node ── fd00:10:1::/64 ── pod1 ::2, pod2 ::3
#                       └── remote, pod address fd00:10:2::2
# Claim: over IPv6 everything is as over IPv4: cluster IP, hairpin, node port, masquerade, policy Local, refusal, source ranges.
. "$NETNS_TESTS/lib.sh"
topology6
both() { # name, v4, v6, node port, extra members
    service "$1" "$2" TCP 80 "$4" "${5:-}" | sed "s/\"clusterIPs\": \[\"$2\"\]/\"clusterIPs\": [\"$2\", \"$3\"]/"
}
local_policy='"externalTrafficPolicy": "Local"'
sticky='"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}'
list "$(both web 10.96.0.1 fd00:96::1 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" \
    "$(slice web TCP 8080 node1=fd00:10:1::2 node2=fd00:10:2::2)" \
    "$(both local 10.96.0.2 fd00:96::2 30081 "$local_policy")" "$(slice local TCP 8080 node1=fd00:10:1::3 node2=fd00:10:2::2)" \
    "$(both far 10.96.0.3 fd00:96::3 30082 "$local_policy")" "$(slice far TCP 8080 node2=fd00:10:2::2)" \
    "$(both none 10.96.0.4 fd00:96::4 30083)" \
    "$(both self 10.96.0.5 fd00:96::5 0)" "$(slice self TCP 8080 node1=fd00:10:1::2)" \
    "$(both sticky 10.96.0.6 fd00:96::6 30086 "$sticky")" \
    "$(slice sticky TCP 8080 node1=fd00:10:1::2 node1=fd00:10:1::3 node2=fd00:10:2::2)" | objects web
proxy_once web --cluster-cidr 10.244.0.0/16,fd00:10::/32 --service-cidr 10.96.0.0/16,fd00:96::/112
check "pod2 to the cluster IP" "$(ask pod2 tcp fd00:96::1 80 40)" "pod1 fd00:10:1::3,remote fd00:10:1::3"
check "the other family has its own endpoints" "$(ask pod1 tcp 10.96.0.1 80 10)" "pod2 10.244.1.2"
check "client to the cluster IP" "$(ask client tcp fd00:96::1 80 40)" "pod1 fd00:10:1::1,remote fd00:50::1"
check "client to the node port" "$(ask client tcp fd00:60::1 30080 40)" "pod1 fd00:10:1::1,remote fd00:50::1"
check "the node to its own port" "$(ask node tcp fd00:60::1 30080 40 | sed 's/ [^,]*//g')" "pod1,remote"
check "loopback" "$(ask node tcp ::1 30080)" refused
check "pod1 to itself" "$(ask pod1 tcp fd00:96::5 80 5)" "pod1 fd00:10:1::1"
check "pod2 to pod1" "$(ask pod2 tcp fd00:96::5 80 5)" "pod1 fd00:10:1::3"
check "client, policy Local" "$(ask client tcp fd00:60::1 30081 20)" "pod2 fd00:60::9"
check "client, policy Local, nothing here" "$(ask client tcp fd00:60::1 30082)" timeout
check "pod1, policy Local, nothing here" "$(ask pod1 tcp fd00:60::1 30082 5)" "remote fd00:10:1::2"
check "no endpoints, TCP" "$(ask pod1 tcp fd00:96::4 80)" refused
check "no endpoints, node port" "$(ask client tcp fd00:60::1 30083)" refused
check "another port" "$(ask pod1 tcp fd00:96::1 81)" refused
check "another protocol" "$(ask pod1 udp fd00:96::1 80)" refused
check "an address of no Service" "$(ask pod1 tcp fd00:96::707 80)" timeout
check "affinity: endpoints of pod1" "$(ask pod1 tcp fd00:96::6 80 30 | grep -cE '^[a-z0-9]+ [^,]*$')" 1
check "affinity: endpoints of the client" "$(ask client tcp fd00:60::1 30086 30 | grep -cE '^[a-z0-9]+ [^,]*$')" 1
check "nft lists it" "$(nft list table ip6 skiff-proxy >/dev/null && echo yes)" yes
finish
