#!/bin/bash
# pod1, pod2 ── br0 ── node: skiff proxy, which knows kube-dns as a Service without endpoints, and skiff dns
# Claim: a question to the Service's address is answered by the node itself, past the proxy's rules and past connection tracking,
# and the name server sees who asks.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/dns.sh"
need dig conntrack
topology
list "$(kube_dns)" "$(service web 10.96.1.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.3)" "$(pod pod1 10.244.1.2)" | objects all
proxy_start all
check "without a name server the proxy refuses" "$(ask pod1 udp $dns_service 53)" refused
dns_start all --log-queries
check "the node answers" "$(digs pod1 web.default.svc.cluster.local A)" "10.96.1.1"
check "the node answers over TCP" "$(digs pod1 web.default.svc.cluster.local A +tcp)" "10.96.1.1"
check "the node answers itself" "$(digs node web.default.svc.cluster.local A)" "10.96.1.1"
check "the Service answers as before" "$(ask pod1 tcp 10.96.1.1 80)" "pod2 10.244.1.2"
check "nothing is tracked for questions" "$(conntrack -L -d $dns_service 2>/dev/null | grep -c 'dport=53' )" 0
saw_two() { [ "$(grep -c 'pod=default/pod1' "$work/dns.log")" = 2 ]; }
wait_until "two lines" saw_two
check "the server sees the pod" "$(grep -c 'pod=default/pod1' "$work/dns.log")" 2
check "other ports of the address are the proxy's" "$(ask pod1 tcp $dns_service 9999)" refused
kill $dns_pid
wait $dns_pid 2>/dev/null
wait_until "the address is gone" bash -c "! ip -o addr | grep -q $dns_service"
check "an ended server leaves no rules" "$(nft list tables | grep -c skiff-dns)" 0
check "and the proxy refuses again" "$(ask pod1 udp $dns_service 53)" refused
finish
