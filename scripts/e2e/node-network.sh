say "node network"
node_addresses() { k get node "$1" -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}'; }
check "skiff doctor finds nothing wrong" skiff doctor
check "skiff doctor -o json is JSON with a report of each node" bash -c \
    "'$SKIFF' doctor ${CLUSTER[*]} -o json | python3 -c 'import json, sys; assert len(json.load(sys.stdin)[\"nodes\"]) == 3'"
check "skiff connectivity-test passes" skiff connectivity-test
check "and leaves no namespace" within 120 bash -c "! '$KUBECTL' get namespaces -o name | grep -q skiff-connectivity"
check "routes are reported on every node" bash -c \
    "[ \"\$('$KUBECTL' get nodes -o jsonpath='{range .items[*]}{.status.conditions[?(@.type==\"NetworkUnavailable\")].status}{\" \"}{end}')\" = 'False False False ' ]"

# A route that somebody deletes on a node comes back.
node1=$(pid_of node1)
remote=$(k get node node2 -o jsonpath='{.spec.podCIDR}')
nsenter -t "$node1" -n ip route del "$remote"
check "a deleted route comes back" within 120 bash -c "nsenter -t $node1 -n ip route show '$remote' | grep -q 'proto 202'"
# The agent puts it right when it next looks, which may be at once.
check "skiff doctor names a fault and fails" within 120 bash -c "
    nsenter -t $node1 -n sysctl -qw net.ipv4.ip_forward=0
    said=\$('$SKIFF' doctor ${CLUSTER[*]} --node-name node1)
    [ \$? = 1 ] && grep -q forwarding <<<\"\$said\""
nsenter -t "$node1" -n sysctl -qw net.ipv4.ip_forward=1

# A Node with pods of another one is told about and not routed.
k apply -f - >/dev/null <<Y
apiVersion: v1
kind: Node
metadata: {name: thief}
spec: {podCIDR: $remote, podCIDRs: [$remote], unschedulable: true}
Y
check "a Node that claims pods of another is an event on the nodes" within 120 bash -c \
    "'$KUBECTL' get events -A --field-selector reason=PodCIDROverlap -o name | grep -q ."
check "and takes no route" bash -c "nsenter -t $node1 -n ip route show '$remote' | grep -q 'via $(node_addresses node2 | cut -d' ' -f1) '"
k delete node thief >/dev/null

if [ -e /proc/net/if_inet6 ]; then
    check "nodes have addresses and pods of both families" bash -c \
        "[ \"\$('$KUBECTL' get node node1 -o jsonpath='{.spec.podCIDRs[*]}' | wc -w)\" = 2 ] && [ '$(node_addresses node1 | wc -w)' = 2 ]"
    k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Service
metadata: {name: hello-both}
spec:
  selector: {app: hello}
  ipFamilyPolicy: RequireDualStack
  ports: [{port: 80, targetPort: 8080}]
Y
    check "a Service of both families has an address and slices of each" within 120 bash -c \
        "[ \"\$('$KUBECTL' get service hello-both -o jsonpath='{.spec.clusterIPs[*]}' | wc -w)\" = 2 ] &&
         [ \"\$('$KUBECTL' get endpointslices -l kubernetes.io/service-name=hello-both -o jsonpath='{.items[*].addressType}' | tr ' ' '\n' | sort | xargs)\" = 'IPv4 IPv6' ]"
    for address in $(k get service hello-both -o jsonpath='{.spec.clusterIPs[*]}'); do
        case $address in *:*) address="[$address]" ;; esac
        check "it answers at $address" within 120 bash -c "k() { timeout 60 '$KUBECTL' \"\$@\"; }; k exec client-node1 -- timeout 20 wget -qO- 'http://$address/'"
    done
    k delete service hello-both >/dev/null
fi

# A machine that runs skiff routes and nothing else, with a user who may do no more than it needs.
extra=e2e-extra
ip netns add $extra
ip -n e2e-fabric link add extra type veth peer name eth0 netns $extra
ip -n e2e-fabric link set extra master br0 up
ip -n $extra link set lo up && ip -n $extra link set eth0 up && ip -n $extra addr add 172.18.0.99/24 dev eth0
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Node
metadata: {name: extra}
spec: {unschedulable: true}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: routes}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: e2e-routes}
rules:
- {apiGroups: [""], resources: [nodes], verbs: [list, watch]}
- {apiGroups: [""], resources: [nodes/status], verbs: [patch]}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: e2e-routes}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: e2e-routes}
subjects: [{kind: ServiceAccount, name: routes, namespace: default}]
Y
k patch node extra --subresource=status -p '{"status":{"addresses":[{"type":"InternalIP","address":"172.18.0.99"}]}}' >/dev/null
check "a Node that somebody else made gets pods' addresses" within 120 bash -c "[ -n \"\$('$KUBECTL' get node extra -o jsonpath='{.spec.podCIDR}')\" ]"
range=$(k get node extra -o jsonpath='{.spec.podCIDR}')
python3 - "$KUBECONFIG" "$(k create token routes)" >"$WORK/routes.kubeconfig" <<'PYTHON'
import re, sys
authority = re.search(r"certificate-authority-data: *(\S+)", open(sys.argv[1]).read()).group(1)
print(f"""apiVersion: v1
kind: Config
current-context: any
clusters: [{{name: any, cluster: {{server: "https://172.18.0.1:6443", certificate-authority-data: {authority}}}}}]
users: [{{name: any, user: {{token: "{sys.argv[2]}"}}}}]
contexts: [{{name: any, context: {{cluster: any, user: any}}}}]""")
PYTHON
nsenter --net=/run/netns/$extra "$SKIFF" routes --kubeconfig "$WORK/routes.kubeconfig" --node-name extra >"$WORK/routes.log" 2>&1 &
routes_alone=$!
ip -n $extra addr add "${range%.0/*}.9/32" dev lo
check "skiff routes alone makes ways to all nodes' pods" within 120 bash -c "[ \"\$(ip -n $extra -o route show proto 202 | grep -c 'via 172.18.0.1[123] ')\" = 3 ]"
check "a pod reaches what is there, and its answer the pod" within 120 bash -c "timeout 30 '$KUBECTL' exec client-node1 -- ping -c 1 -W 10 ${range%.0/*}.9"
check "it tells the cluster that the Node has a network" within 120 bash -c \
    "[ \"\$('$KUBECTL' get node extra -o jsonpath='{.status.conditions[?(@.type==\"NetworkUnavailable\")].status}')\" = False ]"
server=$(pid_of server)
kill -9 "$server"
check "while the API server is away its routes stay" bash -c "[ \"\$(ip -n $extra -o route show proto 202 | grep -c via)\" = 3 ]"
check "the API server is back" within 120 is_replaced pid_of "$server" server
check "and answers" within 120 k get node extra
k delete node extra >/dev/null
check "a Node that is deleted takes its routes along" within 120 bash -c "[ -z \"\$(nsenter -t $node1 -n ip route show '$range')\" ]"
kill $routes_alone
check "skiff routes ends in order" wait $routes_alone
check "skiff routes --remove takes everything away" bash -c "ip netns exec $extra '$SKIFF' routes --remove && [ -z \"\$(ip -n $extra route show proto 202)\" ]"
ip netns del $extra
k delete clusterrolebinding/e2e-routes clusterrole/e2e-routes serviceaccount/routes >/dev/null
