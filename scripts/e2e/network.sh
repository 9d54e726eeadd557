say "network"
# client NODE: a pod that stays on that node.
client() {
    k run "client-$1" --image=skiff.local/busybox:latest --restart=Never \
        --overrides='{"spec":{"nodeName":"'"$1"'","terminationGracePeriodSeconds":1}}' -- sleep 1000000 >/dev/null
}
for node in node1 node2 node3; do client $node; done
check "a pod runs on each node" k wait --for=condition=Ready pod/client-node1 pod/client-node2 pod/client-node3 --timeout=180s
vip=$(k get service hello -o jsonpath='{.spec.clusterIP}')
k expose deployment hello --name=hello-outside --type=NodePort --port=80 --target-port=8080 >/dev/null
nodeport=$(k get service hello-outside -o jsonpath='{.spec.ports[0].nodePort}')

# answers FROM URL COUNT: how many different bodies COUNT requests bring.
answers() {
    k exec "$1" -- sh -c "for i in \$(seq $3); do timeout 20 wget -qO- $2 || exit 1; done" | sort -u | wc -l
}
# A fair choice misses one of six pods in 140 requests less often than once in a thousand million times.
check "140 requests through the virtual IP reach all six pods" bash -c \
    "[ \"\$('$KUBECTL' exec client-node1 -- sh -c 'for i in \$(seq 140); do timeout 20 wget -qO- http://$vip || exit 1; done' | sort -u | wc -l)\" = 6 ]"
several() { [ "$(answers "$@")" -ge 2 ]; }
for node in node2 node3; do
    check "the virtual IP answers on $node" within 120 several client-$node "http://$vip" 20
done
check "a node port is given from the range" test "$nodeport" -ge 30000 -a "$nodeport" -le 32767
for node in node1 node2; do
    # With both families the first address is of the first one.
    address=$(k get node $node -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | cut -d' ' -f1)
    check "the node port answers at $node from a pod elsewhere" within 120 several client-node3 "http://$address:$nodeport" 20
done

# Each pod is a server that logs who asks; the address must be the client pod's own.
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: witness, labels: {app: witness}}
spec:
  nodeName: node2
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: "skiff.local/busybox:latest", command: [httpd, -f, -vv, -p, "8080", -h, /etc]}
---
apiVersion: v1
kind: Service
metadata: {name: witness}
spec:
  selector: {app: witness}
  ports: [{port: 80, targetPort: 8080}]
Y
check "the witness runs" k wait --for=condition=Ready pod/witness --timeout=180s
witness=$(k get pod witness -o jsonpath='{.status.podIP}')
witness_vip=$(k get service witness -o jsonpath='{.spec.clusterIP}')
for node in node1 node2 node3; do
    address=$(k get pod client-$node -o jsonpath='{.status.podIP}')
    check "the witness sees the address of the pod on $node itself" within 120 bash -c "
        '$KUBECTL' exec client-$node -- timeout 20 wget -qO- http://$witness:8080/hostname &&
        '$KUBECTL' logs witness | grep -F '$address'"
done
before=$(k logs witness | wc -l)
check "the source stays the pod's own through the virtual IP" within 120 bash -c "
    '$KUBECTL' exec client-node3 -- timeout 20 wget -qO- http://$witness_vip/hostname &&
    '$KUBECTL' logs witness | tail -n +$((before + 1)) | grep -F '$(k get pod client-node3 -o jsonpath='{.status.podIP}')'"
check "a pod reaches itself through its own virtual IP (hairpin)" within 120 k exec witness -- timeout 20 wget -qO- "http://$witness_vip/hostname"

k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec:
  selector: {app: nobody}
  ports: [{port: 80}]
Y
nobody=$(k get service nobody -o jsonpath='{.spec.clusterIP}')
check "a Service without endpoints refuses at once" within 120 bash -c \
    "'$KUBECTL' exec client-node1 -- timeout 20 wget -qO- http://$nobody 2>&1 | grep -q refused"

check "nft list ruleset on a node names our table and the virtual IP" bash -c \
    "nsenter -t $(pid_of node1) -n nft list ruleset | tee '$WORK/ruleset' | grep -F skiff && grep -F '$vip' '$WORK/ruleset'"
# Policies know pods by their links; any links of those names will do.
check "what nft lists loads again" unshare -n bash -c "
    for link in \$(grep -oE '\"sk[0-9a-f]+\"' '$WORK/ruleset' | tr -d '\"' | sort -u); do ip link add \$link type bridge || exit 1; done
    nft -c -f '$WORK/ruleset'"
