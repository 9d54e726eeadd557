#!/bin/bash
# client 192.168.60.9 ── node (node1) ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote (node2), pod addresses 10.244.2.2 and .3
# Claim: of ten broken Services, skiff explain says what a real client meets, and why. docs/explain.md shows what is said here.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/explain.sh"
topology
in_host remote ip addr add 10.244.2.3/32 dev lo
web='"app": "web"'
not_ready='"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"name": "main", "ready": false, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]'
probe_fails='"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"name": "main", "ready": false, "started": true, "state": {"running": {}}}]'
probed='"containers": [{"name": "main", "image": "web", "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}}]'
policy='{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "only-frontend", "namespace": "default"}, "spec": {"podSelector": {"matchLabels": {"app": "guarded"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "frontend"}}}], "ports": [{"port": 8080}]}]}}'
world=(
    "$(node node1 192.168.60.1)" "$(node node2 192.168.50.2)"
    "$(pod client 10.244.1.2 node1 '"app": "client"')" "$(pod web-1 10.244.1.3 node1 "$web")" "$(pod web-2 10.244.2.2 node2 "$web")"
    # 1 the selector has a typing error
    "$(backed typo 10.96.0.1 '"app": "wbe"')"
    # 2 the only pod crashes
    "$(pod crash-1 10.244.1.21 node1 '"app": "crash"' "$not_ready")" "$(backed crash 10.96.0.2 '"app": "crash"')" "$(unready crash 8080 node1=10.244.1.21)"
    # 3 a readiness probe fails
    "$(pod slow-1 10.244.1.22 node1 '"app": "slow"' "$probe_fails" "$probed")" "$(backed slow 10.96.0.3 '"app": "slow"')" "$(unready slow 8080 node1=10.244.1.22)"
    # 4 clients use the pods' port
    "$(backed web 10.96.0.4 "$web")" "$(slice web TCP 8080 node1=10.244.1.3 node2=10.244.2.2)"
    # 5 nothing listens on the targetPort
    "$(backed mute 10.96.0.5 "$web" '' '{"port": 80, "targetPort": 9090}')" "$(slice mute TCP 9090 node1=10.244.1.3)"
    # 6 the targetPort is a name that no container has
    "$(backed named 10.96.0.6 "$web" '' '{"port": 80, "targetPort": "http"}')" "$(slice named TCP 8080 node1=10.244.1.3 | sed 's/"ports": \[[^]]*\]/"ports": []/')"
    # 7 internalTrafficPolicy Local, and no endpoint on the client's node
    "$(backed near 10.96.0.7 "$web" '"internalTrafficPolicy": "Local"')" "$(slice near TCP 8080 node2=10.244.2.2)"
    # 8 externalTrafficPolicy Local, and a client outside that comes by the wrong node
    "$(service edge 10.96.0.8 TCP 80 30080 '"externalTrafficPolicy": "Local", "selector": {"app": "web"}')" "$(slice edge TCP 8080 node2=10.244.2.2)"
    # 9 a NetworkPolicy lets others in only
    "$(pod guarded-1 10.244.2.3 node2 '"app": "guarded"')" "$(backed guarded 10.96.0.9 '"app": "guarded"')" "$(slice guarded TCP 8080 node2=10.244.2.3)" "$policy"
    # 10 loadBalancerSourceRanges do not hold the client
    "$(service balanced 10.96.0.10 TCP 80 0 '"selector": {"app": "web"}, "loadBalancerSourceRanges": ["10.0.0.0/8", "192.168.50.0/24"]' | sed 's/"type": "ClusterIP"/"type": "LoadBalancer"/; s/}}$/}, "status": {"loadBalancer": {"ingress": [{"ip": "172.16.9.1"}]}}}/')" "$(slice balanced TCP 8080 node1=10.244.1.3)"
)
list "${world[@]}" | objects world
proxy_once world

# broken HEADING FROM TO: runs explain; $output and $status are what it said.
broken() {
    local heading=$1 from=$2 to=$3
    shift 3
    output=$(explain world --from "$from" --to "$to" "$@" 2>&1)
    status=$?
    printf '%s\n$ skiff explain --from %s --to %s%s\n%s\n====\n' "$heading" "$from" "$to" "${*:+ $*}" "$output" >>"$work/answers"
}

broken 1 client typo:80
says "1 selector" "$output" "NO endpoints no pod in namespace default has the labels of the selector, app=wbe" "pod web-1 has app=web" \
    "next: if pod" "rules on node1 the packet is refused at once with a TCP reset"
check "1 status" "$status" 1
check "1 in truth" "$(ask pod1 tcp 10.96.0.1 80)" refused

broken 2 client crash:80
says "2 crash" "$output" "NO endpoints its only pod is not ready" "container main waits: CrashLoopBackOff, last exit 1 (back-off 40s)" \
    "next: kubectl describe pod -n default crash-1"
check "2 in truth" "$(ask pod1 tcp 10.96.0.2 80)" refused

broken 3 client slow:80
says "3 probe" "$output" "default/slow-1 on node1: readiness probe of main does not succeed (GET :8080/ready)"
check "3 in truth" "$(ask pod1 tcp 10.96.0.3 80)" refused

broken 4 client web:8080
says "4 port" "$output" "NO service Service default/web has no port 8080: a connection is refused" "port 80/TCP -> 8080" \
    "next: 8080 is the pods' port: clients of the Service use 80"
check "4 in truth" "$(ask pod1 tcp 10.96.0.4 8080)" refused

broken 5 client mute:80
says "5 listener" "$output" "ok rules node1 sends it to 10.244.1.3:9090" "NO listener nothing listens on port 9090 in pod default/web-1: a connection is refused" \
    "it listens on" "-- port no container declares port 9090, only 8080/TCP"
check "5 in truth" "$(ask pod1 tcp 10.96.0.5 80)" refused

broken 6 client named:80
says "6 targetPort" "$output" "NO endpoints the targetPort http names no container port of the ready pods" "container ports: (unnamed) 8080/TCP"
check "6 in truth" "$(ask pod1 tcp 10.96.0.6 80)" refused

broken 7 client near:80
says "7 internal policy" "$output" "NO policy internalTrafficPolicy is Local, and node1 has no usable endpoint: packets are dropped without an answer" \
    "usable endpoints: 1, on node2" "rules on node1 the packet is dropped: the client waits until it gives up"
check "7 in truth" "$(ask pod1 tcp 10.96.0.7 80)" timeout

broken 8 192.168.60.9 192.168.60.1:30080
says "8 external policy" "$output" "NO policy externalTrafficPolicy is Local, and node1 has no usable endpoint" "next: send to node2"
check "8 in truth" "$(ask client tcp 192.168.60.1 30080)" timeout

broken 9 client guarded:80
says "9 policy" "$output" "NO policies ingress of pod default/guarded-1 is isolated by NetworkPolicy default/only-frontend, and no rule allows it" \
    "NetworkPolicy default/only-frontend ingress[0] has the port, but not the other end"

broken 10 192.168.60.9 172.16.9.1:80 --node node1
says "10 source ranges" "$output" "NO policy loadBalancerSourceRanges let in 10.0.0.0/8, 192.168.50.0/24, not 192.168.60.9" \
    "rules on node1 the packet is dropped: the client waits until it gives up"
check "10 in truth" "$(ask client tcp 172.16.9.1 80)" timeout

# And one that works.
broken "and one that works" client web:80
says "a Service that works" "$output" "ok rules node1 sends it to one of 10.244.1.3:8080, 10.244.2.2:8080" \
    "reachable: 10.244.1.3:8080 (pod default/web-1)"
check "its status" "$status" 0
check "in truth" "$(ask pod1 tcp 10.96.0.4 80 40)" "pod2 10.244.1.2,remote 10.244.1.2"
check "as JSON" "$(explain world --from client --to web:80 -o json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["outcome"], [f["step"] for f in d["findings"]][:2], [f["facts"]["destinations"] for f in d["findings"] if f["step"]=="rules"])')" \
    "reachable ['source', 'service'] [['10.244.1.3:8080', '10.244.2.2:8080']]"
# The rules are the kernel's own: an element that a stranger takes away is missed.
nft delete table ip skiff-proxy
broken "without the table" web-1 web:80
says "without the table" "$output" "NO rules node1 has no table 'ip skiff-proxy'"
check "its status" "$status" 1
page=$NETNS_TESTS/../docs/explain.md
[ "${UPDATE_DUMPS:-}" != 1 ] || python3 "$NETNS_TESTS/explain_doc.py" "$page" "$work/answers" update
check "docs/explain.md shows these answers" "$(python3 "$NETNS_TESTS/explain_doc.py" "$page" "$work/answers")" ""
finish
