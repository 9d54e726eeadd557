say "names"
# asker NODE NUMBER: a pod there; NUMBER tells its process from all others on this machine.
asker() {
    k run "asker-$1" --image=skiff.local/busybox:latest --restart=Never \
        --overrides='{"spec":{"nodeName":"'"$1"'","terminationGracePeriodSeconds":1}}' -- sleep "$2" >/dev/null
}
asker node1 86400101
asker node2 86400102
check "pods that ask run on two nodes" k wait --for=condition=Ready pod/asker-node1 pod/asker-node2 --timeout=180s
asker_pid() { pgrep -f "^sleep 8640010$1\$" | head -1; }
# from NODE-NUMBER COMMAND...: in the network of the pod on that node, with this machine's programs.
from() { local pid; pid=$(asker_pid "$1") && shift && nsenter -t "$pid" -n "$@"; }
# inside POD-PID COMMAND...: the same, with the pod's own resolv.conf and hosts file.
inside() {
    local pid=$1
    shift
    # Copies: a file of another mount namespace cannot be mounted here.
    cat "/proc/$pid/root/etc/resolv.conf" >"$WORK/resolv.pod" && cat "/proc/$pid/root/etc/hosts" >"$WORK/hosts.pod" || return 1
    nsenter -t "$pid" -n unshare -m bash -c '
        mount --bind "$1/resolv.pod" "$(realpath /etc/resolv.conf)" && mount --bind "$1/hosts.pod" /etc/hosts && shift && exec "$@"' \
        inside "$WORK" "$@"
}
# searches POD-PID NAME TYPE WAY: what dig makes of a name with the pod's search list; WAY is +tcp or +notcp.
searches() { inside "$1" dig "$4" +noall +answer +search +tries=2 +time=20 "$2" "$3"; }
finds() { searches "$@" | grep -v '^;' | grep .; }
# digs NODE-NUMBER NAME TYPE [OPTION...]: data of the answers, sorted, on one line.
digs() { local node=$1; shift; from "$node" dig @10.96.0.10 +short +tries=1 +time=30 "$@" | sort | paste -sd' '; }
status() { local node=$1; shift; from "$node" dig @10.96.0.10 +tries=1 +time=30 "$@" | sed -n 's/.*status: \([A-Z]*\).*/\1/p'; }
answers_with() { local expected=$1; shift; equals "$(digs "$@")" "$expected"; }

# names_pod NAME COMMAND SPEC: a pod of busybox, the command and the rest of its spec as YAML writes members.
names_pod() {
    printf -- '---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {app: %s}}\nspec: {terminationGracePeriodSeconds: 1, %s, %s}\n' \
        "$1" "${1%-[0-9]}" "containers: [{name: main, image: \"skiff.local/busybox:latest\", command: [$2]}]" "$3"
}
# names_service NAME SPEC
names_service() { printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {%s}\n' "$1" "$2"; }

serves='httpd, -f, -p, "8080", -h, /etc'
k apply -f - >/dev/null < <(
    names_service names-db 'clusterIP: None, selector: {app: names-db}, ports: [{name: sql, port: 5432, targetPort: 8080}]'
    names_pod names-db-0 "$serves" 'hostname: names-db-0, subdomain: names-db, setHostnameAsFQDN: true, nodeName: node1'
    names_pod names-db-1 "$serves" 'hostname: names-db-1, subdomain: names-db, nodeName: node2'
    names_service names-web 'selector: {app: names-db}, ports: [{name: http, port: 80, targetPort: 8080}]'
    names_service names-out 'type: ExternalName, externalName: names-web.default.svc.cluster.local'
    names_service names-far 'type: ExternalName, externalName: www.example.com'
)
check "pods with names of their own run" k wait --for=condition=Ready pod/names-db-0 pod/names-db-1 --timeout=180s
zone=default.svc.cluster.local
first=$(k get pod names-db-0 -o jsonpath='{.status.podIP}')
second=$(k get pod names-db-1 -o jsonpath='{.status.podIP}')
web=$(k get service names-web -o jsonpath='{.spec.clusterIP}')

check "kube-dns has its address" equals "$(k -n kube-system get service kube-dns -o jsonpath='{.spec.clusterIP}')" 10.96.0.10
check "a pod's resolv.conf" bash -c "'$KUBECTL' exec asker-node1 -- cat /etc/resolv.conf | tee '$WORK/resolv' | grep -qx 'nameserver 10.96.0.10' &&
    grep -qx 'options ndots:5' '$WORK/resolv' && grep -q '^search default.svc.cluster.local svc.cluster.local cluster.local' '$WORK/resolv'"
for node in 1 2; do
    check "a Service on node$node" within 120 answers_with "$web" $node names-web.$zone A
    check "a Service over TCP on node$node" within 120 answers_with "$web" $node names-web.$zone A +tcp
done
both=$(printf '%s\n' "$first" "$second" | sort | paste -sd' ')
check "a headless Service" within 120 answers_with "$both" 1 names-db.$zone A
check "pods by hostname" within 120 answers_with "$second" 1 names-db-1.names-db.$zone A
check "SRV of a cluster IP" within 120 answers_with "0 100 80 names-web.$zone." 2 _http._tcp.names-web.$zone SRV
check "SRV of a headless Service" within 120 answers_with \
    "0 100 8080 names-db-0.names-db.$zone. 0 100 8080 names-db-1.names-db.$zone." 2 _sql._tcp.names-db.$zone SRV
check "PTR of a cluster IP" within 120 answers_with "names-web.$zone." 1 -x "$web"
check "PTR of a pod" within 120 answers_with "names-db-0.names-db.$zone." 2 -x "$first"
check "an ExternalName" within 120 answers_with "www.example.com." 1 names-far.$zone CNAME
check "an ExternalName that leads to a Service" within 120 answers_with "$web names-web.$zone." 1 names-out.$zone A
check "a pod by address" within 120 answers_with "10.244.1.7" 1 10-244-1-7.default.pod.cluster.local A
check "a name that is not there" equals "$(status 1 never-made.$zone A)" NXDOMAIN
check "a name elsewhere fails" equals "$(status 1 www.example.com A)" SERVFAIL
check "wget finds a Service by its short name" within 120 k exec asker-node2 -- timeout 20 wget -qO- http://names-web/hostname
check "wget finds a pod by its name in the Service" within 120 k exec asker-node1 -- timeout 20 wget -qO- http://names-db-1.names-db:8080/hostname
check "a pod that wants it has its full name" equals "$(k exec names-db-0 -- hostname)" names-db-0.names-db.$zone
check "and finds itself by it" within 120 k exec names-db-0 -- timeout 20 wget -qO- http://names-db-0.names-db.$zone:8080/hostname
node1=$(k get node node1 -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | cut -d' ' -f1)
check "metrics in CoreDNS's names" within 120 bash -c "'$KUBECTL' exec asker-node2 -- timeout 20 wget -qO- http://$node1:9153/metrics | grep -q '^coredns_dns_requests_total{.*type=\"A\"}'"

cat >"$WORK/visible.py" <<'P'
"""visible.py KUBECONFIG-JSON PID COUNT: creates Services and asks for each from the network of process PID; prints milliseconds."""
import base64, ctypes, http.client, json, os, socket, ssl, struct, sys, tempfile, time
config = json.load(open(sys.argv[1]))
cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
def file(text):
    handle = tempfile.NamedTemporaryFile(delete=False)
    handle.write(base64.b64decode(text))
    handle.close()
    return handle.name
context = ssl.create_default_context(cafile=file(cluster["certificate-authority-data"]))
context.load_cert_chain(file(user["client-certificate-data"]), file(user["client-key-data"]))
host, port = cluster["server"].removeprefix("https://").split(":")
api = http.client.HTTPSConnection(host, int(port), context=context)
api.connect()
# The connection stays where it was made; what follows is in the pod's network.
libc = ctypes.CDLL(None, use_errno=True)
assert libc.setns(os.open(f"/proc/{sys.argv[2]}/ns/net", os.O_RDONLY), 0x40000000) == 0
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("10.96.0.10", 53))
udp.settimeout(60)
path = "/api/v1/namespaces/default/services"
def call(method, path, body=None):
    api.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    reply = api.getresponse()
    return reply.status, json.loads(reply.read())
worst = 0
for i in range(int(sys.argv[3])):
    name = f"visible-{i}"
    query = struct.pack(">HHHHHH", i, 0x100, 1, 0, 0, 0) + b"".join(
        bytes([len(x)]) + x.encode() for x in (name, "default", "svc", "cluster", "local")) + b"\0" + struct.pack(">HH", 1, 1)
    udp.send(query)
    assert udp.recv(4096)[3] & 15 == 3, "it was there before"
    begin = time.monotonic()
    status, made = call("POST", path, {"kind": "Service", "apiVersion": "v1", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}})
    assert status == 201, made
    written = time.monotonic()
    while True:
        udp.send(query)
        reply = udp.recv(4096)
        if reply[3] & 15 == 0:
            break
        assert time.monotonic() - written < 120, "two minutes"
    end = time.monotonic()
    assert socket.inet_ntoa(reply[-4:]) == made["spec"]["clusterIP"], reply
    worst = max(worst, end - begin)
    print(f"{name}: {1000 * (end - written):.1f} ms after the write was acknowledged, {1000 * (end - begin):.1f} ms after it was sent")
    call("DELETE", path + "/" + name)
    while True:
        udp.send(query)
        if udp.recv(4096)[3] & 15 == 3:
            break
        assert time.monotonic() - end < 120, "still there after two minutes"
print(f"worst {1000 * worst:.1f} ms")
P
k config view --raw --minify -o json >"$WORK/kubeconfig.json"
check "ten of ten Services are answered on another node" python3 "$WORK/visible.py" "$WORK/kubeconfig.json" "$(asker_pid 2)" 10
cat "$WORK/out"

# restarted SIGNAL MODE...: ends node1's agent under lookups of these modes (see lookups.py); each one's "asked lost slow" is in lost.MODE.
restarted() {
    local signal=$1 old mode pids=()
    shift
    rm -f "$WORK/enough"*
    for mode in "$@"; do
        from 1 python3 netns-tests/lookups.py "$mode" names-web.$zone "$web" "$WORK/enough" 20 >"$WORK/lost.$mode" 2>&1 &
        pids+=($!)
    done
    for mode in "$@"; do within 120 test -e "$WORK/enough.$mode"; done
    old=$(agent_pid node1)
    kill -"$signal" "$old"
    check "another agent runs" within 120 is_replaced agent_pid "$old" node1
    check "and answers" within 120 answers_with "$web" 1 names-web.$zone A
    touch "$WORK/enough"
    wait "${pids[@]}"
}
restarted TERM udp tcp stream glibc musl
for mode in udp tcp stream glibc musl; do
    check "no question was lost while the agent restarted ($mode: $(tail -1 "$WORK/lost.$mode"))" \
        bash -c "awk 'END {exit \$2 != 0}' '$WORK/lost.$mode'"
done
restarted KILL glibc
check "no lookup failed when the agent was killed (glibc: $(tail -1 "$WORK/lost.glibc"))" \
    bash -c "awk 'END {exit \$2 != 0}' '$WORK/lost.glibc'"

"$SKIFF" dns --kubeconfig "$KUBECONFIG" --listen 127.0.0.1 --port 15353 --metrics-address 127.0.0.1:15354 --upstreams none \
    >"$WORK/alone.log" 2>&1 &
alone=$!
check "skiff dns alone answers from the same cluster" within 120 bash -c \
    "[ \"\$(dig @127.0.0.1 -p 15353 +short +tries=1 +time=5 names-web.$zone A)\" = '$web' ]"
check "and knows namespaces without Services" bash -c \
    "dig @127.0.0.1 -p 15353 +tries=1 kube-node-lease.svc.cluster.local A | grep -q NOERROR"
kill $alone
check "and ends when it is asked to" within 120 bash -c "! kill -0 $alone"

check "explain dns finds the step that answers" bash -c "'$SKIFF' explain dns names-web --from default/asker-node1 --kubeconfig '$KUBECONFIG' | grep -F '$web'"
check "explain dns says why there is no answer" bash -c "! '$SKIFF' explain dns nobody.nowhere.svc.cluster.local. --kubeconfig '$KUBECONFIG' >'$WORK/out2'; grep -F \"there is no namespace 'nowhere'\" '$WORK/out2'"

say "names, as the conformance suite asks for them"
one=$(asker_pid 1)
db0=$(pgrep -f '^httpd -f -p 8080 -h /etc$' | while read -r pid; do
    [ "$(nsenter -t "$pid" -u hostname)" = names-db-0.names-db.$zone ] && echo "$pid"
done | head -1)
for way in +notcp +tcp; do
    for name in kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local \
        names-web names-web.default names-web.default.svc names-db names-db.default names-db.default.svc; do
        check "A of $name ($way)" within 120 finds "$one" $name A $way
    done
    check "SRV of a partial name of a cluster IP ($way)" within 120 finds "$one" _http._tcp.names-web.default.svc SRV $way
    check "SRV of a partial name of a headless Service ($way)" within 120 finds "$one" _sql._tcp.names-db.default.svc SRV $way
    check "PTR of a cluster IP ($way)" within 120 finds "$one" "$(awk -F. '{print $4"."$3"."$2"."$1}' <<<"$web").in-addr.arpa." PTR $way
    check "A of a pod by hostname and subdomain ($way)" within 120 finds "$one" names-db-1.names-db.default.svc.cluster.local A $way
done
check "a pod's hosts file has its full name" inside "$db0" getent hosts names-db-0.names-db.$zone
check "and its short one" inside "$db0" getent hosts names-db-0
check "the first line for its address is the full name" bash -c "grep -qP '^$first\tnames-db-0.names-db.$zone\tnames-db-0\$' /proc/$db0/root/etc/hosts"

external() { k patch service names-far --type merge -p "$1" >/dev/null; }
cname_is() { equals "$(digs 1 names-far.$zone CNAME)" "$1"; }
check "an ExternalName" within 120 cname_is "www.example.com."
external '{"spec":{"externalName":"bar.example.com"}}'
check "changed to another name" within 120 cname_is "bar.example.com."
external '{"spec":{"type":"ClusterIP","externalName":null,"ports":[{"name":"http","port":80,"protocol":"TCP"}]}}'
far=$(k get service names-far -o jsonpath='{.spec.clusterIP}')
check "changed to a cluster IP" within 120 answers_with "$far" 1 names-far.$zone A
check "which has no alias any more" equals "$(digs 1 names-far.$zone CNAME)" ""

waits='sleep, "1000000"'
k apply -f - >/dev/null < <(
    names_pod names-none "$waits" 'dnsPolicy: None,
        dnsConfig: {nameservers: [1.1.1.1], searches: [resolv.conf.local], options: [{name: ndots, value: "2"}, {name: edns0}]}'
    names_pod names-host "$waits" 'hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, nodeName: node1'
    names_pod names-default "$waits" 'dnsPolicy: Default, nodeName: node1'
    names_pod names-many "$waits" "dnsConfig: {searches: [$(seq -s, -f 'd%g.example' 32)]},
        hostAliases: [{ip: 192.0.2.7, hostnames: [elsewhere.example, elsewhere]}]"
)
check "pods of every policy run" k wait --for=condition=Ready pod/names-none pod/names-host pod/names-default pod/names-many --timeout=180s
resolv() { k exec "$1" -- cat /etc/resolv.conf; }
check "dnsPolicy None: nothing but dnsConfig" equals "$(resolv names-none)" "$(printf 'search resolv.conf.local\nnameserver 1.1.1.1\noptions ndots:2 edns0')"
check "ClusterFirstWithHostNet: the cluster's, in the node's network" bash -c "'$KUBECTL' exec names-host -- cat /etc/resolv.conf | grep -qx 'nameserver 10.96.0.10'"
check "Default: the node's" bash -c "! '$KUBECTL' exec names-default -- cat /etc/resolv.conf | grep -q 'cluster.local'"
check "at most 32 searches" equals "$(resolv names-many | sed -n 's/^search //p' | wc -w)" 32
check "and the user is told" within 120 bash -c "'$KUBECTL' get events --field-selector involvedObject.name=names-many | grep -q DNSConfigForming"
check "host aliases" bash -c "'$KUBECTL' exec names-many -- cat /etc/hosts | grep -qP '^192.0.2.7\telsewhere.example\telsewhere$'"
k delete pod names-none names-host names-default names-many --now >/dev/null
k delete pod asker-node1 asker-node2 names-db-0 names-db-1 --now >/dev/null
k delete service names-db names-web names-out names-far >/dev/null
