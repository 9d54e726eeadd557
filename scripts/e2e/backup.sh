say "backup"
# Certificates stay with the data directory; the objects go into one file while writes go on.
backup=$WORK/backup.db
k create configmap saved --from-literal=when=before >/dev/null
(for i in $(seq 200); do k create configmap "busy-$i" --from-literal=i=$i >/dev/null || break; done) &
writer=$!
check "skiff backup while the cluster runs and is written to" skiff backup "$backup"
check "a backup does not overwrite a file" refuses "exist" skiff backup "$backup"
kill "$writer" 2>/dev/null
wait "$writer" 2>/dev/null
k delete configmap saved >/dev/null
revision_now() {
    k get --raw '/api/v1/namespaces/default/configmaps?limit=1' | python3 -c 'import json, sys; print(json.load(sys.stdin)["metadata"]["resourceVersion"])'
}
revision=$(revision_now)
check "restoring under a running server is refused with the next step" refuses "skiff down --keep-data" skiff restore "$backup"
check "skiff down --keep-data" skiff down --keep-data
check "skiff restore" skiff restore "$backup"
check "the cluster starts again" skiff up --nodes 3 --api-port "$PORT" --store "$STORE"
check "with what was deleted after the backup" equals "$(k get configmap saved -o jsonpath='{.data.when}')" before
check "and its revisions go on above those before" test "$(revision_now)" -gt "$revision"
check "three nodes are Ready again" within 120 bash -c '[ "$('"$KUBECTL"' get nodes --no-headers | grep -cw Ready)" = 3 ]'
