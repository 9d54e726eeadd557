say "explain"
# inside NODE COMMAND...: in the node's network.
inside() { local node=$1; shift; nsenter -t "$(pid_of "$node")" -n "$@"; }
k run asker --image=skiff.local/busybox:latest --restart=Never \
    --overrides='{"spec":{"nodeName":"node1","terminationGracePeriodSeconds":1}}' -- sleep 1000000 >/dev/null
k create deployment answers --image=skiff.local/busybox:latest --replicas=2 -- httpd -f -p 8080 -h /etc >/dev/null
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Service
metadata: {name: answers}
spec: {selector: {app: answers}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: answers-typo}
spec: {selector: {app: answer}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: answers-mute}
spec: {selector: {app: answers}, ports: [{port: 80, targetPort: 9090}]}
---
apiVersion: v1
kind: Service
metadata: {name: answers-balanced}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: answers}, ports: [{port: 80, targetPort: 8080}]}
Y
k wait --for=condition=Available deployment/answers --timeout=180s >/dev/null
k wait --for=condition=Ready pod/asker --timeout=180s >/dev/null

# explains STATUS TEXT ARGUMENTS...: the command ends with the status, and its page holds the text, blanks squeezed.
explains() {
    local status=$1 text=$2 output
    shift 2
    output=$(skiff explain "$@" 2>&1)
    local got=$?
    echo "$output"
    [ $got = "$status" ] && tr -s ' ' <<<"$output" | grep -qF -- "$text"
}
check "a Service that works is explained from the node's kernel" within 120 explains 0 "ok rules node1 sends it to one of" --from asker --to answers:80
check "its endpoints listen" explains 0 "ok listener a program listens on 8080" --from asker --to answers:80
check "a selector that matches nothing" explains 1 "no pod in namespace default has the labels of the selector, app=answer" --from asker --to answers-typo:80
check "a port that nobody listens on" within 120 explains 1 "nothing listens on port 9090" --from asker --to answers-mute:80
check "a Service that is not there" explains 1 "there is no Service default/nothing" --from asker --to nothing:80
check "rules computed where no kernel is asked" explains 0 "computed from the objects: as asked" --rules model --from asker --to answers:80
check "explain works from a kubeconfig alone" bash -c "'$SKIFF' explain --data-dir '$WORK/none' --kubeconfig '$KUBECONFIG' --from asker --to answers:80"
check "a live packet goes where explain says" bash -c "
    '$SKIFF' trace ${CLUSTER[*]} --from asker --to answers:80 --probe -o json | python3 -c '
import json, sys
steps = {f[\"step\"]: f for f in json.load(sys.stdin)[\"findings\"]}
assert steps[\"agreement\"][\"facts\"][\"agrees\"], steps
assert steps[\"result\"][\"facts\"][\"destination\"].endswith(\":8080\"), steps'"
check "a trace leaves nothing" bash -c "! nsenter -t $(pid_of node1) -n nft list tables | grep skiff-trace"
k apply -f - >/dev/null <<'Y'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: answers-closed}
spec: {podSelector: {matchLabels: {app: answers}}, policyTypes: [Ingress]}
Y
check "a policy that isolates the endpoints" explains 1 "is isolated by NetworkPolicy default/answers-closed, and no rule allows it" --from asker --to answers:80
k delete networkpolicy answers-closed >/dev/null
check "skiff proxy dump names the Service" bash -c "'$SKIFF' proxy dump ${CLUSTER[*]} --node node1 default/answers | grep -F \"\$('$KUBECTL' get service answers -o jsonpath='{.spec.clusterIP}'):80/TCP\""

say "health and metrics of the proxy"
for node in node1 node2; do
    address=$(k get node $node -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | cut -d' ' -f1)
    check "healthz of $node" inside $node curl -sf -m 60 "http://$address:10256/healthz"
done
check "livez, with each family's state" bash -c "nsenter -t $(pid_of node1) -n curl -sf -m 60 http://127.0.0.1:10256/livez | grep -q '\"status\":{\"IPv4\":{'"
check "the mode" bash -c "[ \"\$(nsenter -t $(pid_of node1) -n curl -sf -m 60 http://127.0.0.1:10249/proxyMode)\" = nftables ]"
check "the time to program the network is measured" bash -c "nsenter -t $(pid_of node1) -n curl -sf -m 60 http://127.0.0.1:10249/metrics | grep -E '^kubeproxy_network_programming_duration_seconds_count\{ip_family=\"IPv4\"\} [1-9]'"
check "the kubelet's health" inside node1 curl -sf -m 60 http://127.0.0.1:10248/healthz
port=$(k get service answers-balanced -o jsonpath='{.spec.healthCheckNodePort}')
counts() {
    local node sum=0
    for node in node1 node2 node3; do
        address=$(k get node $node -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | cut -d' ' -f1)
        count=$(inside $node curl -s -m 60 "http://$address:$port/" | python3 -c 'import json,sys; print(json.load(sys.stdin)["localEndpoints"])') || return 1
        sum=$((sum + count))
    done
    [ "$sum" = 2 ] || { echo "the nodes count $sum endpoints, not 2"; return 1; }
}
check "health check node ports count the endpoints of each node" within 120 counts
k taint node node3 ToBeDeletedByClusterAutoscaler=1:NoSchedule >/dev/null
address=$(k get node node3 -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | cut -d' ' -f1)
check "healthz of a node that is about to go: 503" within 120 bash -c "[ \"\$(nsenter -t $(pid_of node3) -n curl -s -m 60 -o /dev/null -w '%{http_code}' http://$address:10256/healthz)\" = 503 ]"
check "its livez: 200" bash -c "[ \"\$(nsenter -t $(pid_of node3) -n curl -s -m 60 -o /dev/null -w '%{http_code}' http://$address:10256/livez)\" = 200 ]"
k taint node node3 ToBeDeletedByClusterAutoscaler- >/dev/null
k delete deployment answers --wait=false >/dev/null
k delete service answers answers-typo answers-mute answers-balanced >/dev/null
k delete pod asker --wait=false >/dev/null
