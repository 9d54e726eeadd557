#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: a health check node port tells a load balancer whether this node has endpoints, in upstream's words.
. "$NETNS_TESTS/lib.sh"
topology
need curl
# balanced NAME CLUSTER-IP NODE-PORT HEALTH-CHECK-NODE-PORT
balanced() {
    service "$1" "$2" TCP 80 "$3" "\"externalTrafficPolicy\": \"Local\", \"healthCheckNodePort\": $4" \
        | sed 's/"type": "NodePort"/"type": "LoadBalancer"/'
}
list "$(balanced here 10.96.0.1 30080 32001)" "$(slice here TCP 8080 node1=10.244.1.2 node1=10.244.1.3 node2=10.244.2.2)" \
    "$(balanced there 10.96.0.2 30081 32002)" "$(slice there TCP 8080 node2=10.244.2.2)" \
    "$(service plain 10.96.0.3 TCP 80 30082 '"externalTrafficPolicy": "Cluster", "healthCheckNodePort": 32003')" | objects web
# asks HOST ADDRESS: status, weight and body.
asks() { in_host "$1" curl -s -m 60 -o "$work/body" -w '%{http_code} %header{x-load-balancing-endpoint-weight}' "http://$2/" ; }
proxy_start web
wait_until "a health check" asks node 192.168.60.1:32001
wait_until "the other one" asks node 192.168.60.1:32002
check "two endpoints here" "$(asks client 192.168.60.1:32001)" "200 2"
check "its body" "$(cat "$work/body")" "$(printf '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "here"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}')"
check "the content type" "$(in_host client curl -s -m 60 -o /dev/null -w '%{content_type} %header{x-content-type-options}' http://192.168.60.1:32001/)" \
    "application/json nosniff"
check "none here" "$(asks client 192.168.60.1:32002)" "503 0"
check "policy Cluster has no such port" "$(ask client tcp 192.168.60.1 32003)" refused
check "a load balancer that talks to the node from the node" "$(asks node 127.0.0.1:32001)" "200 2"
# A second family takes a listener of its own.
check "no IPv6 endpoint, no IPv6 listener" "$(ss -Hltn 'sport = 32001' | awk '{print $4}')" "0.0.0.0:32001"
finish
