say "refusals"
check "malformed YAML" refuses "error" k apply -f - <<<'a: [b'
check "unknown kind" refuses 'no matches for kind "Nothing"' k create -f - <<<'{"apiVersion":"v1","kind":"Nothing","metadata":{"name":"a"}}'
check "invalid name" refuses "RFC 1123" k create configmap Bad_Name
check "unknown field" refuses 'unknown field "spec.nothing"' k create -f - <<<'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"nothing":1,"containers":[{"name":"a","image":"b"}]}}'
check "wrong type" refuses "cannot unmarshal" k create --validate=false -f - \
    <<<'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":"b"}}'
check "required field" refuses "spec.containers: Required value" k create --validate=false -f - \
    <<<'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{}}'
check "not found" refuses 'pods "absent" not found' k get pod absent
check "exists already" refuses "already exists" k create namespace default
check "a selector that does not match its template" refuses "selector" k create -f - <<<'{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"c"}},"spec":{"containers":[{"name":"a","image":"b"}]}}}}'
check "a conflicting update" refuses "the object has been modified" bash -c "
    '$KUBECTL' create configmap raced --from-literal=a=1 >/dev/null
    '$KUBECTL' get configmap raced -o yaml > '$WORK/raced.yaml'
    '$KUBECTL' label configmap raced x=y >/dev/null
    sed -i 's/a: \"1\"/a: \"2\"/' '$WORK/raced.yaml'
    '$KUBECTL' replace -f '$WORK/raced.yaml'"
head -c 4000000 /dev/zero | tr '\0' x >"$WORK/large"
check "an oversized body" refuses "too large" k create configmap large --from-file="$WORK/large"

k run absent --image=skiff.local/absent:1 --restart=Never >/dev/null
check "an image that is not there: ErrImagePull or ImagePullBackOff" within 120 bash -c \
    "'$KUBECTL' get pod absent | grep -E 'ErrImagePull|ImagePullBackOff'"
check "with the reason in the events" within 120 bash -c "'$KUBECTL' describe pod absent | grep -iE 'Failed .*(pull|resolve|not found)'"
k delete pod absent --wait=false >/dev/null
