say "network policies"
k apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: guests, labels: {team: guests}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec:
  nodeName: node1
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: skiff.local/busybox:latest
    command: [sh, -c, "echo db > /tmp/index.html; httpd -p 8080 -h /tmp; exec httpd -f -p 9090 -h /tmp"]
    ports: [{name: web, containerPort: 8080}, {name: admin, containerPort: 9090}]
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec:
  selector: {app: db}
  ports: [{port: 80, targetPort: web}]
Y
# caller NAME NAMESPACE NODE LABELS
caller() {
    k -n "$2" run "$1" --image=skiff.local/busybox:latest --restart=Never --labels="$4" \
        --overrides='{"spec":{"nodeName":"'"$3"'","terminationGracePeriodSeconds":1}}' -- sleep 1000000 >/dev/null
}
caller web shop node2 app=web
caller local shop node1 app=local
caller guest guests node3 app=guest
check "the policies' pods run" bash -c "
    '$KUBECTL' -n shop wait --for=condition=Ready pod/db pod/web pod/local --timeout=180s &&
    '$KUBECTL' -n guests wait --for=condition=Ready pod/guest --timeout=180s"
db=$(k -n shop get pod db -o jsonpath='{.status.podIP}')
dbvip=$(k -n shop get service db -o jsonpath='{.spec.clusterIP}')

# reaches NAMESPACE POD ADDRESS:PORT; blocked the same: holds when the answer becomes so.
reaches() { within 120 bash -c "[ \"\$('$KUBECTL' -n $1 exec $2 -- timeout 20 wget -qO- http://$3 2>&1)\" = db ]"; }
blocked() { within 120 bash -c "! '$KUBECTL' -n $1 exec $2 -- timeout 5 wget -qO- http://$3 >/dev/null 2>&1"; }
# apply NAME SPEC: in place of whatever policies there are.
policies() {
    k -n shop delete networkpolicy --all >/dev/null 2>&1
    while [ $# -gt 0 ]; do
        printf '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"%s","namespace":"shop"},"spec":%s}' "$1" "$2" |
            k apply -f - >/dev/null
        shift 2
    done
}

check "without policies everybody reaches the database" reaches guests guest "$db:8080"
policies deny '{"podSelector":{}}'
check "default deny: from another node and namespace" blocked guests guest "$db:8080"
check "default deny: from another node of the namespace" blocked shop web "$db:8080"
check "default deny: from the same node" blocked shop local "$db:8080"
check "default deny: through the virtual IP" blocked shop web "$dbvip"
check "the node reaches its own pods" within 120 nsenter -t "$(pid_of node1)" -n bash -c "exec 3<>/dev/tcp/$db/8080"

policies deny '{"podSelector":{}}' label '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}'
check "allowed by label" reaches shop web "$db:8080"
check "allowed by label through the virtual IP" reaches shop web "$dbvip"
check "another label is denied" blocked shop local "$db:8080"
k -n shop label pod local app=web --overwrite >/dev/null
check "a label that changes counts at once" reaches shop local "$db:8080"
k -n shop label pod local app=local --overwrite >/dev/null

policies space '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"guests"}}}]}]}'
check "allowed by namespace" reaches guests guest "$db:8080"
check "another namespace is denied" blocked shop web "$db:8080"

guest=$(k -n guests get pod guest -o jsonpath='{.status.podIP}')
policies block '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"ipBlock":{"cidr":"'"$guest"'/32"}}]}]}'
check "allowed by prefix" reaches guests guest "$db:8080"
check "another address is denied" blocked shop web "$db:8080"

policies port '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"ports":[{"port":"web"}]}]}'
check "allowed by a port's name" reaches shop web "$db:8080"
check "another port is denied" blocked shop web "$db:9090"

policies out '{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Egress"],"egress":[{"to":[{"podSelector":{"matchLabels":{"app":"db"}}}],"ports":[{"port":8080}]}]}'
check "egress through the virtual IP, on the port that the pod sees" reaches shop web "$dbvip"
check "egress to another port is denied" blocked shop web "$db:9090"
check "others' egress is open" reaches shop local "$db:9090"

caller late shop node3 app=web
check "a pod that comes later has its policies" bash -c "'$KUBECTL' -n shop wait --for=condition=Ready pod/late --timeout=180s"
check "and reaches what they allow" reaches shop late "$dbvip"
check "and nothing else" blocked shop late "$db:9090"
check "a denied connection is an Event at the pod" within 120 bash -c "'$KUBECTL' -n shop get events | grep -q NetworkPolicyDenied"
check "and a line in the agent's log" within 120 bash -c "grep -q 'shop/late -> shop/db:9090/tcp denied by NetworkPolicy shop/out' '$WORK'/data/nodes/node3/log/*"
policies
check "without policies again" reaches guests guest "$db:9090"
k delete namespace shop guests --wait=false >/dev/null
