say "StatefulSets and DaemonSets"
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Service
metadata: {name: numbered}
spec: {clusterIP: None, selector: {app: numbered}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: numbered, annotations: {kubernetes.io/change-cause: "the first"}}
spec:
  replicas: 3
  serviceName: numbered
  selector: {matchLabels: {app: numbered}}
  template:
    metadata: {labels: {app: numbered}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: "skiff.local/busybox:latest", command: [sleep, "1000000"], env: [{name: STEP, value: "1"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: "skiff.local/busybox:latest", command: [sleep, "1000000"], env: [{name: STEP, value: "1"}]}
Y
# started APP: the pods of an application by the time of their start.
started() { k get pods -l "app=$1" --sort-by=.metadata.creationTimestamp -o jsonpath='{.items[*].metadata.name}'; }
# steps APP: the value that each pod runs with, in the order of names.
steps() { k get pods -l "app=$1" -o jsonpath='{.items[*].spec.containers[0].env[0].value}'; }
# nodes APP: the nodes that pods of an application stand on.
nodes() { k get pods -l "app=$1" -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort | paste -sd ' '; }
is() { [ "$("$1" "$2")" = "$3" ] || { echo "is '$("$1" "$2")', not '$3'"; return 1; }; }

check "kubectl rollout status waits for the StatefulSet" k rollout status statefulset/numbered --timeout=180s
check "its pods were started in order" within 120 is started numbered "numbered-0 numbered-1 numbered-2"
check "each knows its number" equals "$(k get pod numbered-2 -o jsonpath='{.metadata.labels.apps\.kubernetes\.io/pod-index}')" 2
check "each knows its name" equals "$(k exec numbered-1 -- hostname)" numbered-1
check "kubectl get shows 3/3" bash -c "'$KUBECTL' get statefulset numbered --no-headers | grep -q ' 3/3 '"
uid=$(k get pod numbered-1 -o jsonpath='{.metadata.uid}')
check "a deleted pod comes back under its name" bash -c \
    "'$KUBECTL' delete pod numbered-1 --wait=true && '$KUBECTL' rollout status statefulset/numbered --timeout=180s &&
     [ \"\$('$KUBECTL' get pod numbered-1 -o jsonpath='{.metadata.uid}')\" != '$uid' ]"
check "a partition updates the last pod only" bash -c "
    '$KUBECTL' patch statefulset numbered -p '{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":2}}}}' &&
    '$KUBECTL' annotate statefulset numbered kubernetes.io/change-cause='the second' --overwrite &&
    '$KUBECTL' set env statefulset/numbered STEP=2 && '$KUBECTL' rollout status statefulset/numbered --timeout=180s"
check "the others keep theirs" within 120 is steps numbered "1 1 2"
check "without the partition the rest follow" bash -c "
    '$KUBECTL' patch statefulset numbered -p '{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":0}}}}' &&
    '$KUBECTL' rollout status statefulset/numbered --timeout=180s"
check "and all run the second step" within 120 is steps numbered "2 2 2"
check "kubectl rollout history names both revisions" bash -c \
    "'$KUBECTL' rollout history statefulset/numbered | grep -q 'the first' && '$KUBECTL' rollout history statefulset/numbered | grep -q 'the second'"
check "kubectl rollout undo" bash -c \
    "'$KUBECTL' rollout undo statefulset/numbered && '$KUBECTL' rollout status statefulset/numbered --timeout=180s"
check "brings the first step back" within 120 is steps numbered "1 1 1"
check "kubectl scale down takes the highest numbers" bash -c "
    '$KUBECTL' scale statefulset/numbered --replicas=1 && '$KUBECTL' wait --for=delete pod/numbered-2 pod/numbered-1 --timeout=180s"
check "and leaves the first" within 120 is started numbered numbered-0
check "kubectl delete takes the pods along" bash -c "
    '$KUBECTL' delete statefulset numbered --wait=true && '$KUBECTL' wait --for=delete pod/numbered-0 --timeout=180s"

check "kubectl rollout status waits for the DaemonSet" k rollout status daemonset/everywhere --timeout=180s
check "every node has one pod" within 120 is nodes everywhere "node1 node2 node3"
check "kubectl get shows the counts" bash -c "'$KUBECTL' get daemonset everywhere --no-headers | grep -Eq ' 3 +3 +3 +3 +3 '"
check "kubectl set env rolls them over" bash -c \
    "'$KUBECTL' set env daemonset/everywhere STEP=2 && '$KUBECTL' rollout status daemonset/everywhere --timeout=180s"
check "all run the second step" within 120 is steps everywhere "2 2 2"
check "kubectl rollout history lists two revisions" bash -c \
    "[ \"\$('$KUBECTL' rollout history daemonset/everywhere | grep -c '^[0-9]')\" = 2 ]"
check "and shows the template of one" bash -c \
    "'$KUBECTL' rollout history daemonset/everywhere --revision=1 | grep -Eq 'STEP:?[[:space:]]+1'"
check "kubectl rollout undo" bash -c \
    "'$KUBECTL' rollout undo daemonset/everywhere && '$KUBECTL' rollout status daemonset/everywhere --timeout=180s"
check "all run the first step" within 120 is steps everywhere "1 1 1"
check "a node selector that fits one node leaves one pod" bash -c "
    '$KUBECTL' label node node2 daemon=here &&
    '$KUBECTL' patch daemonset everywhere -p '{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{\"daemon\":\"here\"}}}}}' &&
    '$KUBECTL' rollout status daemonset/everywhere --timeout=180s"
check "on that node" within 120 is nodes everywhere node2
check "a label on another node brings a pod there" k label node node3 daemon=here
check "within seconds" within 120 is nodes everywhere "node2 node3"
k label node node2 node3 daemon- >/dev/null
check "without labels nothing is left" within 120 is nodes everywhere ""
k delete daemonset everywhere service/numbered --wait=false >/dev/null
