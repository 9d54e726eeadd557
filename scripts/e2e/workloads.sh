say "workloads through kubectl"
check "kubectl version reaches the server" k version
check "kubectl api-resources lists deployments" bash -c "'$KUBECTL' api-resources | grep -q deployments"
check "kubectl apply -f examples/hello.yaml" k apply -f examples/hello.yaml
check "kubectl rollout status" k rollout status deployment/hello --timeout=180s
check "kubectl wait for the pods" k wait --for=condition=Ready pod -l app=hello --timeout=180s
check "six pods stand on three nodes" bash -c \
    '[ "$('"$KUBECTL"' get pods -l app=hello -o jsonpath="{range .items[*]}{.spec.nodeName}{\"\n\"}{end}" | sort | uniq -c | wc -l)" = 3 ]'
check "kubectl get -o wide shows addresses and nodes" bash -c "'$KUBECTL' get pods -o wide | grep -E '10\\.244\\.[0-9.]+ +node'"
check "kubectl apply again changes nothing" bash -c "'$KUBECTL' apply -f examples/hello.yaml | grep -q unchanged"
check "kubectl create deployment (a protobuf body)" k create deployment web --image=skiff.local/busybox:latest --replicas=1 -- sleep 1000000
check "its pod becomes Ready" k rollout status deployment/web --timeout=180s
web=$(k get pods -l app=web -o jsonpath='{.items[0].metadata.name}')
check "kubectl exec runs a command" equals "$(k exec "$web" -- echo hello)" hello
check "kubectl exec carries stdin" equals "$(printf abc | k exec -i "$web" -- cat)" abc
check "kubectl exec carries the exit code" bash -c "'$KUBECTL' exec $web -- sh -c 'exit 7'; [ \$? = 7 ]"
check "kubectl run, and logs of what it printed" k run once --image=skiff.local/busybox:latest --restart=Never -- sh -c 'echo one; echo two'
check "the pod ends as Succeeded" k wait --for=jsonpath='{.status.phase}'=Succeeded pod/once --timeout=180s
check "kubectl logs" equals "$(k logs once)" $'one\ntwo'
check "kubectl logs --tail" equals "$(k logs once --tail=1)" two
check "kubectl describe pod shows its events" within 120 bash -c "'$KUBECTL' describe pod $web | grep -E 'Started +'"
check "kubectl describe node" bash -c "'$KUBECTL' describe node node1 | grep -q PodCIDR"
check "kubectl scale" bash -c "'$KUBECTL' scale deployment/web --replicas=3 && '$KUBECTL' rollout status deployment/web --timeout=180s"
check "kubectl set env rolls the pods over" bash -c \
    "'$KUBECTL' set env deployment/web A=b && '$KUBECTL' rollout status deployment/web --timeout=180s"
check "kubectl rollout undo" bash -c "'$KUBECTL' rollout undo deployment/web && '$KUBECTL' rollout status deployment/web --timeout=180s"
check "kubectl label and annotate" bash -c "'$KUBECTL' label pod once a=b && '$KUBECTL' annotate pod once c=d"
check "kubectl get by label and by field" bash -c \
    "[ \"\$('$KUBECTL' get pods -l a=b --field-selector status.phase=Succeeded -o name)\" = pod/once ]"
check "kubectl patch, three types" bash -c "
    '$KUBECTL' patch deployment web -p '{\"metadata\":{\"labels\":{\"x\":\"1\"}}}' &&
    '$KUBECTL' patch deployment web --type=merge -p '{\"metadata\":{\"labels\":{\"y\":\"1\"}}}' &&
    '$KUBECTL' patch deployment web --type=json -p '[{\"op\":\"add\",\"path\":\"/metadata/labels/z\",\"value\":\"1\"}]' &&
    [ \"\$('$KUBECTL' get deployment web -o jsonpath='{.metadata.labels.x}{.metadata.labels.y}{.metadata.labels.z}')\" = 111 ]"
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {token: s3cret}
---
apiVersion: v1
kind: Pod
metadata: {name: mounts, labels: {app: mounts}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: skiff.local/busybox:latest
    command: [sleep, "1000000"]
    env:
    - {name: GREETING, valueFrom: {configMapKeyRef: {name: settings, key: greeting}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
    volumeMounts:
    - {name: settings, mountPath: /settings}
    - {name: key, mountPath: /key}
    - {name: scratch, mountPath: /scratch}
    livenessProbe: {exec: {command: [test, "!", -e, /scratch/dead]}, periodSeconds: 1, failureThreshold: 1}
    readinessProbe: {exec: {command: [test, "!", -e, /scratch/busy]}, periodSeconds: 1}
  volumes:
  - {name: settings, configMap: {name: settings}}
  - {name: key, secret: {secretName: key}}
  - {name: scratch, emptyDir: {}}
Y
check "a pod with volumes, environment and probes becomes Ready" k wait --for=condition=Ready pod/mounts --timeout=180s
check "ConfigMap as variable and file, Secret as file" equals \
    "$(k exec mounts -- sh -c 'echo $GREETING $(cat /settings/greeting) $(cat /key/token)')" "hello hello s3cret"
check "the downward API names the node" equals "$(k exec mounts -- sh -c 'echo $NODE')" "$(k get pod mounts -o jsonpath='{.spec.nodeName}')"
check "the service account's token and root CA are mounted" k exec mounts -- ls /var/run/secrets/kubernetes.io/serviceaccount/token \
    /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
k exec mounts -- touch /scratch/busy
check "a failing readiness probe makes the pod not ready" k wait --for=condition=Ready=false pod/mounts --timeout=180s
k exec mounts -- rm /scratch/busy
check "and ready again" k wait --for=condition=Ready pod/mounts --timeout=180s
k exec mounts -- touch /scratch/dead
check "a failing liveness probe restarts the container" within 120 bash -c \
    "[ \"\$('$KUBECTL' get pod mounts -o jsonpath='{.status.containerStatuses[0].restartCount}')\" -ge 1 ]"
k exec mounts -- rm -f /scratch/dead >/dev/null 2>&1
check "kubectl delete waits until the pod is gone" k delete pod mounts --timeout=180s
check "kubectl auth can-i" bash -c "'$KUBECTL' auth can-i create pods | grep -q yes"
