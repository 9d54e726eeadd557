say "node network"
node_addresses() { k get node "$1" -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}'; }
check "skiff doctor finds nothing wrong" skiff doctor
check "skiff doctor -o json is JSON with a report of each node" bash -c \
    "'$SKIFF' doctor ${CLUSTER[*]} -o json | python3 -c 'import json, sys; assert len(json.load(sys.stdin)[\"nodes\"]) == 3'"
check "skiff connectivity-test passes" skiff connectivity-test
check "in less than 30 seconds" bash -c "[ \"\$({ time -p '$SKIFF' connectivity-test ${CLUSTER[*]} -o json >/dev/null 2>&1; } 2>&1 | awk '/real/ {print int(\$2)}')\" -lt 30 ]"
check "and leaves no namespace" bash -c "! '$KUBECTL' get namespaces -o name | grep -q skiff-connectivity"
check "routes are reported on every node" bash -c \
    "[ \"\$('$KUBECTL' get nodes -o jsonpath='{range .items[*]}{.status.conditions[?(@.type==\"NetworkUnavailable\")].status}{\" \"}{end}')\" = 'False False False ' ]"

# A route that somebody deletes on a node comes back.
node1=$(pid_of node1)
remote=$(k get node node2 -o jsonpath='{.spec.podCIDR}')
nsenter -t "$node1" -n ip route del "$remote"
check "a deleted route comes back" within 5 bash -c "nsenter -t $node1 -n ip route show '$remote' | grep -q 'proto 202'"
nsenter -t "$node1" -n sysctl -qw net.ipv4.ip_forward=0
check "skiff doctor names a fault and fails" bash -c "'$SKIFF' doctor ${CLUSTER[*]} --node-name node1 | grep -q 'forwarding' && ! '$SKIFF' doctor ${CLUSTER[*]} >/dev/null"
nsenter -t "$node1" -n sysctl -qw net.ipv4.ip_forward=1

# A Node with pods of another one is told about and not routed.
k apply -f - >/dev/null <<Y
apiVersion: v1
kind: Node
metadata: {name: thief}
spec: {podCIDR: $remote, podCIDRs: [$remote], unschedulable: true}
Y
check "a Node that claims pods of another is an event on the nodes" within 10 bash -c \
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
    check "a Service of both families has an address and slices of each" within 10 bash -c \
        "[ \"\$('$KUBECTL' get service hello-both -o jsonpath='{.spec.clusterIPs[*]}' | wc -w)\" = 2 ] &&
         [ \"\$('$KUBECTL' get endpointslices -l kubernetes.io/service-name=hello-both -o jsonpath='{.items[*].addressType}' | tr ' ' '\n' | sort | xargs)\" = 'IPv4 IPv6' ]"
    for address in $(k get service hello-both -o jsonpath='{.spec.clusterIPs[*]}'); do
        case $address in *:*) address="[$address]" ;; esac
        check "it answers at $address" within 10 bash -c "k() { timeout 60 '$KUBECTL' \"\$@\"; }; k exec client-node1 -- timeout 5 wget -qO- 'http://$address/'"
    done
    k delete service hello-both >/dev/null
fi
