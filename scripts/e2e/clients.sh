say "clients of every age"

# The kubectls of this machine: the one in use, and the versions that lie beside it.
clients=("$(command -v "$KUBECTL")")
for file in "$(dirname "$(readlink -f "${clients[0]}")")"/kubectl.1.*; do
    [ -x "$file" ] && clients+=("$file")
done

# sees_change: what a client that watches is told of a change that another one makes.
sees_change() {
    local watching status
    "$client" -n "$name" get configmap settings -w -o yaml >"$WORK/watched" 2>&1 &
    watching=$!
    within 120 grep -q 'kind: ConfigMap' "$WORK/watched"
    c annotate configmap settings watched=yes
    within 120 grep -q 'watched: "yes"' "$WORK/watched"
    status=$?
    kill $watching
    wait $watching 2>/dev/null
    return $status
}

# One client's day: every claim in a namespace of its own.
api_day() {
    local client=$1 name=$2
    c() { timeout 300 "$client" -n "$name" "$@"; }
    check "$name: create namespace" "$client" create namespace "$name"
    check "$name: api-resources" bash -c "'$client' api-resources | grep -q '^networkpolicies *netpol *networking.k8s.io/v1 *true *NetworkPolicy'"
    check "$name: explain a field" bash -c "'$client' explain deployment.spec.replicas | grep -qi integer"
    check "$name: explain a field recursively" bash -c "'$client' explain pod.spec.containers --recursive | grep -q livenessProbe"
    cat >"$WORK/settings.yaml" <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: day}}
data: {color: red}
Y
    check "$name: create -f" c create -f "$WORK/settings.yaml"
    check "$name: create -f again is refused" refuses 'configmaps "settings" already exists' c create -f "$WORK/settings.yaml"
    check "$name: diff of equals" c diff -f "$WORK/settings.yaml"
    sed -i 's/red/blue/' "$WORK/settings.yaml"
    check "$name: diff of a change" refuses 'color: blue' c diff -f "$WORK/settings.yaml"
    check "$name: apply" c apply -f "$WORK/settings.yaml"
    check "$name: the change is there" equals "$(c get configmap settings -o jsonpath='{.data.color}')" blue
    check "$name: apply --dry-run=server" c apply --dry-run=server -f "$WORK/settings.yaml"
    check "$name: apply --server-side" c apply --server-side --force-conflicts --field-manager=day -f "$WORK/settings.yaml"
    sed -i 's/blue/green/' "$WORK/settings.yaml"
    check "$name: another manager's conflict" refuses '"day"' \
        c apply --server-side --field-manager=night -f "$WORK/settings.yaml"
    check "$name: who owns the field" bash -c "'$client' -n $name get configmap settings --show-managed-fields -o yaml | grep -q 'manager: day'"
    check "$name: label" c label configmap settings tier=back
    check "$name: annotate" c annotate configmap settings note=seen
    check "$name: a list by label" equals "$(c get configmaps -l tier=back -o name)" configmap/settings
    check "$name: strategic patch" c patch configmap settings -p '{"data":{"a":"1"}}'
    check "$name: merge patch" c patch configmap settings --type=merge -p '{"data":{"b":"2","a":null}}'
    check "$name: JSON patch" c patch configmap settings --type=json -p '[{"op":"replace","path":"/data/b","value":"3"}]'
    check "$name: what the patches made" equals "$(c get configmap settings -o jsonpath='{.data.a}{.data.b}')" 3
    check "$name: create deployment" c create deployment day --image=skiff.local/busybox --replicas=0
    check "$name: scale" c scale deployment day --replicas=0
    check "$name: get all" bash -c "'$client' -n $name get all | grep -q deployment.apps/day"
    check "$name: wait for a condition" c wait --for=condition=Available deployment/day --timeout=180s
    check "$name: edit" env EDITOR="sed -i s/back/front/" timeout 300 "$client" -n "$name" edit configmap settings
    check "$name: what the editor made" equals "$(c get configmap settings -o jsonpath='{.metadata.labels.tier}')" front
    check "$name: get -w shows a change" sees_change
    check "$name: auth can-i" bash -c "[ \"\$('$client' -n $name auth can-i delete pods)\" = yes ]"
    check "$name: auth can-i, for another" bash -c "[ \"\$('$client' -n $name auth can-i delete pods --as=nobody)\" = no ]"
    check "$name: create token" bash -c "'$client' -n $name create token default | grep -q '^ey'"
    check "$name: delete --wait" c delete deployment/day configmap/settings --wait --timeout=180s
    check "$name: nothing is left" refuses 'configmaps "settings" not found' c get configmap settings
    check "$name: delete namespace" "$client" delete namespace "$name" --timeout=180s
}

# What each client carries over its own kind of connection: SPDY before 1.29 to 1.31, WebSockets since.
k run streams --image=skiff.local/busybox:latest --restart=Never --port=8080 -- \
    sh -c 'mkdir /www; echo streamed > /www/index.html; echo begun; exec httpd -f -p 8080 -h /www' >/dev/null
k wait --for=condition=Ready pod/streams --timeout=180s >/dev/null
streams_of() {
    local client=$1 name=$2 forward address
    check "$name: logs" equals "$("$client" logs streams)" begun
    check "$name: exec with stdin" equals "$(printf abc | timeout 120 "$client" exec -i streams -- cat)" abc
    check "$name: exec with a large answer" equals "$(timeout 120 "$client" exec streams -- sh -c 'head -c 3000000 /dev/zero' | wc -c)" 3000000
    check "$name: exec carries the exit code" bash -c "timeout 120 '$client' exec streams -- sh -c 'exit 7' 2>/dev/null; [ \$? = 7 ]"
    check "$name: cp" bash -c "timeout 120 '$client' cp examples/hello.yaml streams:/tmp/$name && timeout 120 '$client' exec streams -- cat /tmp/$name | cmp - examples/hello.yaml"
    rm -f "$WORK/forward"
    "$client" port-forward pod/streams :8080 >"$WORK/forward" 2>&1 &
    forward=$!
    within 120 grep -q 127.0.0.1 "$WORK/forward"
    address=$(grep -oE '127.0.0.1:[0-9]+' "$WORK/forward" | head -1)
    check "$name: port-forward" equals "$(curl -s --max-time 60 "http://$address/")" streamed
    kill "$forward"
    wait "$forward" 2>/dev/null
}

for client in "${clients[@]}"; do
    name="day-$(basename "$client" | tr '.' '-')"
    api_day "$client" "$name"
    streams_of "$client" "$name"
done
k delete pod streams --wait=false >/dev/null

check "the Python client lists, watches, patches, and makes a kind of its own" bash -c \
    "python3 -m venv '$WORK/venv' && '$WORK/venv/bin/pip' install -q --disable-pip-version-check kubernetes && \
     '$WORK/venv/bin/python' scripts/e2e/clients.py '$KUBECONFIG'"
