# Helpers for cases of `skiff explain` and `skiff trace`; sourced after lib.sh.

# pod NAME ADDRESS NODE LABELS [STATUS MEMBERS] [SPEC MEMBERS] [NAMESPACE]: labels as "app": "web", ...
pod() {
    local status=${5:-'"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]'}
    local spec=${6:-'"containers": [{"name": "main", "image": "web", "ports": [{"containerPort": 8080}]}]'}
    printf '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s", "namespace": "%s", "labels": {%s}}, "spec": {"nodeName": "%s", %s}, "status": {"podIP": "%s", %s}}\n' \
        "$1" "${7:-default}" "$4" "$3" "$spec" "$2" "$status"
}

# node NAME ADDRESS
node() {
    printf '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "%s"}, "status": {"addresses": [{"type": "InternalIP", "address": "%s"}], "conditions": [{"type": "Ready", "status": "True"}]}}\n' "$1" "$2"
}

# backed NAME CLUSTER-IP SELECTOR [EXTRA SPEC MEMBERS] [PORT MEMBERS]: a Service with a selector.
backed() {
    printf '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s", "namespace": "default"}, "spec": {"type": "ClusterIP", "clusterIP": "%s", "clusterIPs": ["%s"], "selector": {%s}, "ports": [%s]%s}}\n' \
        "$1" "$2" "$2" "$3" "${5:-{\"port\": 80, \"targetPort\": 8080\}}" "${4:+, $4}"
}

# unready SERVICE PORT NODE=ADDRESS...: a slice whose endpoints are not ready.
unready() { slice "$1" TCP "${@:2}" | sed 's/"ready": true/"ready": false/g'; }

# explain NAME ARGUMENTS...: what skiff says of the objects in the file, with the rules of this namespace.
explain() {
    local file=$work/$1.json
    shift
    "$SKIFF_BIN/skiff" explain --objects "$file" "$@"
}

# says WHAT OUTPUT EXPECTED...: every expected line, blanks squeezed, is part of the output.
says() {
    local what=$1 output=$2 line all=yes
    shift 2
    for line in "$@"; do
        tr -s ' ' <<<"$output" | grep -qF -- "$line" || { all="lacks '$line' in: $output"; break; }
    done
    check "$what" "$all" yes
}
