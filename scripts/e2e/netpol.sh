say "skiff netpol from this cluster"
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Namespace
metadata: {name: lab, labels: {team: lab}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: lab}
spec:
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: skiff.local/busybox:latest
        command: [sh, -c, "echo db > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
        ports: [{name: web, containerPort: 8080}]
        env: [{name: SECRET, value: swordfish}]
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: lab}
spec:
  selector: {app: db}
  ports: [{port: 80, targetPort: web}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: lab}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: friend}}}]
    ports: [{port: web}]
Y
for pod in friend stranger; do
    k -n lab run $pod --image=skiff.local/busybox:latest --restart=Never --labels=app=$pod \
        --overrides='{"spec":{"terminationGracePeriodSeconds":1}}' -- sleep 1000000 >/dev/null
done
check "the lab's pods run" bash -c "
    '$KUBECTL' -n lab rollout status deployment/db --timeout=180s &&
    '$KUBECTL' -n lab wait --for=condition=Ready pod/friend pod/stranger --timeout=180s"
labdb=$(k -n lab get pod -l app=db -o jsonpath='{.items[0].status.podIP}')
snapshot=$WORK/snapshot.json
check "a snapshot" bash -c "'$SKIFF' netpol from-cluster --kubeconfig '$KUBECONFIG' >'$snapshot'"
check "has the pods with their addresses" grep -qF "$labdb" "$snapshot"
check "and nothing that is secret" bash -c "! grep -q swordfish '$snapshot'"
# says TEXT COMMAND...: the command succeeds, and its output has a line that matches TEXT.
says() {
    local text=$1 output
    shift
    output=$("$@") || { echo "$output"; return 1; }
    grep -q -- "$text" <<<"$output" || { echo "$output"; return 1; }
}
explained() { says "^lab.*$2" "$SKIFF" netpol explain -f "$snapshot" "$1"; }
fetched() { within 120 bash -c "'$KUBECTL' -n lab exec $1 -- timeout 20 wget -qO- http://$labdb:8080 2>&1 | grep -q db"; }
check "the friend is let in, says the snapshot" explained "lab/friend -> lab/db:8080" ALLOWED
check "and is let in here" fetched friend
check "the stranger is not, says the snapshot" explained "lab/stranger -> lab/db:8080" "DENIED (by ingress)"
check "and is not here" within 120 bash -c "! '$KUBECTL' -n lab exec stranger -- timeout 5 wget -qO- http://$labdb:8080"
check "through the Service" explained "lab/friend -> lab/svc/db:80" ALLOWED
check "by address" explained "lab/stranger -> $labdb:8080" DENIED
check "the whole cluster as a matrix, engine and packets agree" says 'real packets agree' "$SKIFF" netpol matrix -f "$snapshot"
check "one namespace alone" says '^4 pods in 1 namespace, 1 policy' bash -c \
    "'$SKIFF' netpol from-cluster -n lab --kubeconfig '$KUBECONFIG' | '$SKIFF' netpol matrix -f -"
check "what kubectl writes, workloads and their pods together" says '^4 pods in 1 namespace, 1 policy.*real packets agree' bash -c \
    "'$KUBECTL' -n lab get all,networkpolicies -o yaml | '$SKIFF' netpol matrix -f -"
check "a cluster that is not there" refuses "--kubeconfig FILE" "$SKIFF" netpol from-cluster --kubeconfig "$WORK/none"
k delete namespace lab --wait=false >/dev/null
