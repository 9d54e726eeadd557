say "the rest of kubectl"
# A pod to work on, and a Deployment of two.
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: bench, labels: {app: bench}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: skiff.local/busybox:latest
    command: [sh, -c, "mkdir -p /www; echo from-bench > /www/index.html; httpd -f -p 8080 -h /www & while sleep 0.2; do date +tick-%s; done"]
    ports: [{containerPort: 8080, name: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pair}
spec:
  replicas: 2
  selector: {matchLabels: {app: pair}}
  template:
    metadata: {labels: {app: pair}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: "skiff.local/busybox:latest", command: [sleep, "1000000"]}]
Y
k wait --for=condition=Ready pod/bench --timeout=180s >/dev/null
k rollout status deployment/pair --timeout=180s >/dev/null

check "kubectl cluster-info" bash -c "'$KUBECTL' cluster-info | grep -q 'control plane'"
check "kubectl auth whoami" bash -c "'$KUBECTL' auth whoami | grep -qi username"
check "kubectl api-versions" bash -c "'$KUBECTL' api-versions | grep -qx v1"
check "kubectl events" within 120 bash -c "'$KUBECTL' events --for pod/bench | grep -q Started"
check "kubectl expose" k expose pod bench --port=80 --target-port=http
check "kubectl autoscale" k autoscale deployment pair --min=1 --max=3 --cpu-percent=50
check "kubectl set image and resources" bash -c "
    '$KUBECTL' set resources deployment pair --requests=cpu=5m && '$KUBECTL' set image deployment/pair main=skiff.local/busybox:latest &&
    '$KUBECTL' rollout status deployment/pair --timeout=180s"
check "kubectl rollout history" bash -c "'$KUBECTL' rollout history deployment/pair | grep -q '^2'"
check "kubectl rollout restart, pause and resume" bash -c "
    '$KUBECTL' rollout restart deployment/pair && '$KUBECTL' rollout pause deployment/pair && '$KUBECTL' rollout resume deployment/pair &&
    '$KUBECTL' rollout status deployment/pair --timeout=180s"
# Five lines more than there are by now.
check "kubectl logs -f follows" bash -c "timeout 120 '$KUBECTL' logs -f bench |
    awk -v last=\$((\$('$KUBECTL' logs bench | wc -l) + 5)) 'NR >= last { found = 1; exit } END { exit !found }'"
check "kubectl logs --since and --timestamps" bash -c "'$KUBECTL' logs bench --since=60s --timestamps | grep -qE '^20[0-9-]+T.* tick'"
check "kubectl attach" bash -c "timeout 120 '$KUBECTL' attach bench 2>/dev/null | grep -q tick"
check "kubectl exec -t gives a terminal" bash -c "script -qec \"'$KUBECTL' exec -it bench -- tty\" /dev/null </dev/null | grep -q /dev/pts"
check "kubectl run --rm -i" bash -c "[ \"\$(echo abc | timeout 180 '$KUBECTL' run -i --rm --quiet echo --image=skiff.local/busybox:latest --restart=Never -- cat)\" = abc ]"

# serve COMMAND...: starts it, waits for the address that it prints, and leaves both in $served and $address.
serve() {
    rm -f "$WORK/serve"
    "$@" >"$WORK/serve" 2>&1 &
    served=$!
    within 120 grep -qE '127.0.0.1:[0-9]+|skiff-proxy.sock' "$WORK/serve"
    address=$(grep -oE '127.0.0.1:[0-9]+' "$WORK/serve" | head -1)
}
serve "$KUBECTL" port-forward pod/bench :8080
check "kubectl port-forward to a pod" equals "$(curl -s --max-time 60 "http://$address/")" from-bench
check "and again over the same connection" equals "$(curl -s --max-time 60 "http://$address/")" from-bench
kill "$served"; wait "$served" 2>/dev/null
serve "$KUBECTL" port-forward service/bench :80
check "kubectl port-forward to a Service" equals "$(curl -s --max-time 60 "http://$address/")" from-bench
kill "$served"; wait "$served" 2>/dev/null
serve "$KUBECTL" proxy --port=0
check "kubectl proxy" bash -c "curl -s --max-time 60 http://$address/api/ | grep -q versions"
check "a pod through the API server" equals "$(curl -s --max-time 60 "http://$address/api/v1/namespaces/default/pods/bench:8080/proxy/")" from-bench
check "a Service through the API server" equals "$(curl -s --max-time 60 "http://$address/api/v1/namespaces/default/services/bench:80/proxy/")" from-bench
check "a watch through kubectl proxy" bash -c "curl -s --max-time 20 'http://$address/api/v1/pods?watch=true' | grep -q ADDED"
kill "$served"; wait "$served" 2>/dev/null
serve "$KUBECTL" proxy --unix-socket="$WORK/skiff-proxy.sock"
check "kubectl proxy --unix-socket" bash -c "curl -s --max-time 60 --unix-socket '$WORK/skiff-proxy.sock' http://localhost/api/ | grep -q versions"
kill "$served"; wait "$served" 2>/dev/null

head -c 300000 /dev/urandom >"$WORK/blob"
check "kubectl cp into a pod" k cp "$WORK/blob" bench:/tmp/blob
check "kubectl cp out of it" k cp bench:/tmp/blob "$WORK/blob.back"
check "and the bytes are the same" cmp "$WORK/blob" "$WORK/blob.back"
check "kubectl debug adds a container" bash -c "
    '$KUBECTL' debug bench --image=skiff.local/busybox:latest -c looker -- sh -c 'echo seen; sleep 1000' &&
    for i in \$(seq 120); do '$KUBECTL' logs bench -c looker 2>/dev/null | grep -q seen && exit 0; sleep 1; done; exit 1"
check "kubectl debug copies a pod" bash -c "
    '$KUBECTL' debug bench --copy-to=bench-copy --image=skiff.local/busybox:latest -c looker -- sleep 1000 &&
    '$KUBECTL' wait --for=condition=Ready pod/bench-copy --timeout=180s"
check "kubectl taint" bash -c "'$KUBECTL' taint node node3 room=none:NoSchedule && '$KUBECTL' taint node node3 room-"
k create poddisruptionbudget pair --selector=app=pair --min-available=1 >/dev/null
check "kubectl cordon and drain keep to the budget" k drain node2 --ignore-daemonsets --force --delete-emptydir-data --timeout=180s
check "nothing of the Deployment is left on the node" bash -c "
    [ -z \"\$('$KUBECTL' get pods -l app=pair --field-selector spec.nodeName=node2 -o name)\" ]"
check "the Deployment is whole" k rollout status deployment/pair --timeout=180s
check "kubectl uncordon" k uncordon node2
check "kubectl replace --force" bash -c "'$KUBECTL' get service bench -o yaml | '$KUBECTL' replace --force -f -"
check "kubectl apply --prune" bash -c "
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, labels: {set: x}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: two, labels: {set: x}}\n' | '$KUBECTL' apply -f - &&
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, labels: {set: x}}\n' | '$KUBECTL' apply --prune -l set=x --prune-allowlist=core/v1/ConfigMap -f - | grep 'two pruned'"
check "kubectl create job, cronjob, quota, role, binding, ingress, priorityclass" bash -c "
    '$KUBECTL' create job once-more --image=skiff.local/busybox:latest -- true &&
    '$KUBECTL' wait --for=condition=Complete job/once-more --timeout=180s &&
    '$KUBECTL' create cronjob hourly --image=skiff.local/busybox:latest --schedule='0 * * * *' -- true &&
    '$KUBECTL' create job from-cron --from=cronjob/hourly && '$KUBECTL' wait --for=condition=Complete job/from-cron --timeout=180s &&
    '$KUBECTL' create quota small --hard=configmaps=100 && '$KUBECTL' create role reader --verb=get --resource=pods &&
    '$KUBECTL' create rolebinding reader --role=reader --user=jane &&
    '$KUBECTL' create ingress way --rule='a.example/*=bench:80' && '$KUBECTL' create priorityclass high --value=1000"
check "what the role allows is allowed" within 120 k auth can-i get pods --as=jane
check "kubectl describe of every kind that is there" bash -c "
    for kind in pods services deployments replicasets jobs cronjobs quota roles rolebindings ingresses pdb hpa configmaps secrets serviceaccounts nodes endpointslices endpoints leases priorityclasses namespaces; do
        '$KUBECTL' describe \$kind >/dev/null || exit 1
    done"
k delete deployment/pair pod/bench pod/bench-copy service/bench ingress/way cronjob/hourly job/once-more job/from-cron quota/small \
    role/reader rolebinding/reader pdb/pair hpa/pair priorityclass/high configmap/one --wait=false >/dev/null 2>&1
