say "faults"
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
echo "resident: server $(resident "$(pid_of server)") kB, agent $(resident "$(agent_pid node1)") kB"

# Writes are counted only when kubectl says that the server took them.
for i in $(seq 20); do k create configmap "kept-$i" --from-literal=i=$i >/dev/null && kept=$i; done
restarts_before=$(k get pods -o jsonpath='{.items[*].status.containerStatuses[*].containerID}')
old=$(pid_of server)
node1=$(pid_of node1)
kill -9 "$old"
check "the virtual IP answers while the server is away" nsenter -t "$node1" -n timeout 90 \
    python3 -c "import urllib.request; urllib.request.urlopen('http://$vip', timeout=60).read()"
check "the server comes back" within 120 k get --raw /readyz
check "as another process" is_replaced pid_of "$old" server
check "with every acknowledged write" equals "$(k get configmaps -o name | grep -c '/kept-')" "$kept"
check "and the same containers" equals "$(k get pods -o jsonpath='{.items[*].status.containerStatuses[*].containerID}')" "$restarts_before"

old=$(agent_pid node1)
kill -9 "$old"
check "a killed agent comes back" within 120 is_replaced agent_pid "$old" node1
sleep 3
check "and nothing changed for the pods" equals "$(k get pods -o jsonpath='{.items[*].status.containerStatuses[*].containerID}')" "$restarts_before"

# A Deployment whose pods leave a lost node after five seconds.
k apply -f - >/dev/null <<'Y'
apiVersion: apps/v1
kind: Deployment
metadata: {name: agile}
spec:
  replicas: 3
  selector: {matchLabels: {app: agile}}
  template:
    metadata: {labels: {app: agile}}
    spec:
      terminationGracePeriodSeconds: 1
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
      - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
      containers:
      - {name: main, image: "skiff.local/busybox:latest", command: [sleep, "1000000"]}
Y
check "a Deployment over three nodes" k rollout status deployment/agile --timeout=180s
check "skiff node stop" skiff node stop node3
check "a node powered off is NotReady" within 120 bash -c "'$KUBECTL' get node node3 --no-headers | grep -qw NotReady"
check "its pods are replaced" within 120 bash -c \
    "[ \"\$('$KUBECTL' get pods -l app=agile --field-selector spec.nodeName!=node3 --no-headers | grep -cw Running)\" = 3 ]"
check "the Service goes on without its pods" within 300 bash -c \
    "'$KUBECTL' exec client-node1 -- sh -c 'for i in \$(seq 20); do timeout 10 wget -qO- http://$vip || exit 1; done'"
check "skiff node start" skiff node start node3
check "the node is Ready again" within 120 bash -c "'$KUBECTL' get node node3 --no-headers | grep -qw Ready"
check "and runs pods again" bash -c "
    '$KUBECTL' run back --image=skiff.local/busybox:latest --restart=Never --overrides='{\"spec\":{\"nodeName\":\"node3\"}}' -- sh -c 'echo back' &&
    '$KUBECTL' wait --for=jsonpath='{.status.phase}'=Succeeded pod/back --timeout=180s"

check "kubectl delete namespace takes what is in it" bash -c "
    '$KUBECTL' create namespace brief && '$KUBECTL' -n brief create configmap a && '$KUBECTL' -n brief run p --image=skiff.local/busybox:latest -- sleep 100 &&
    '$KUBECTL' delete namespace brief --timeout=180s"
check "deleting a Deployment takes its pods (garbage collection)" bash -c "
    '$KUBECTL' delete deployment web && '$KUBECTL' wait --for=delete pod -l app=web --timeout=180s"
