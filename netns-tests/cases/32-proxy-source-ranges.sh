#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: loadBalancerSourceRanges says who reaches a load balancer address, in silence for others; cluster IP and node port stay open.
. "$NETNS_TESTS/lib.sh"
topology
balancer() {
    service "$1" "$2" TCP 80 "$3" "\"loadBalancerSourceRanges\": [$5]" | sed "s/\"NodePort\"/\"LoadBalancer\"/; s/}}\$/}, \"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \"$4\"}]}}}/"
}
list "$(balancer web 10.96.0.1 30080 172.16.9.1 '"192.168.60.0/24"')" "$(slice web TCP 8080 node1=10.244.1.2)" \
    "$(balancer closed 10.96.0.2 30081 172.16.9.2 '"10.99.0.0/16", "10.99.1.0/24"')" "$(slice closed TCP 8080 node1=10.244.1.2)" | objects web
proxy_once web
check "client within the ranges" "$(ask client tcp 172.16.9.1 80)" "pod1 10.244.1.1"
check "client outside of the ranges" "$(ask client tcp 172.16.9.2 80)" timeout
check "its node port is open" "$(ask client tcp 192.168.60.1 30081)" "pod1 10.244.1.1"
check "a pod to its cluster IP" "$(ask pod2 tcp 10.96.0.2 80)" "pod1 10.244.1.3"
check_dump
finish
