# Helpers for cases about names; a case starts with: . "$NETNS_TESTS/lib.sh"; . "$NETNS_TESTS/dns.sh"
dns_service=10.96.0.10

# dns_start NAME OPTION...: the name server of the node, from the objects NAME; its process is $dns_pid.
dns_start() {
    local name=$1
    shift
    [ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
    say skiff dns "$@"
    "$SKIFF_BIN/skiff" dns --objects "$work/$name.json" --listen $dns_service,169.254.20.10 --local --metrics-address 127.0.0.1:9153 \
        --own-cidr 10.96.0.0/16,10.244.0.0/16 --upstreams none "$@" >"$work/dns.log" 2>&1 &
    dns_pid=$!
    wait_until "the name server knows the cluster" ready
}

ready() { python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:9153/ready", timeout=10)'; }

# digs HOST NAME TYPE [OPTION...]: the data of the answers, sorted, on one line.
digs() {
    local host=$1 name=$2 type=$3
    shift 3
    in_host "$host" dig @$dns_service +short +tries=1 +time=30 "$@" "$name" "$type" | sort | paste -sd' '
}

# status HOST NAME TYPE [OPTION...]: the response code.
status() {
    local host=$1 name=$2 type=$3
    shift 3
    in_host "$host" dig @$dns_service +tries=1 +time=30 "$@" "$name" "$type" | sed -n 's/.*status: \([A-Z]*\).*/\1/p'
}

# pod NAME ADDRESS [NAMESPACE]: a running pod.
pod() {
    printf '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s", "namespace": "%s"}, "spec": {"nodeName": "node1", "dnsPolicy": "ClusterFirst"}, "status": {"phase": "Running", "podIP": "%s", "podIPs": [{"ip": "%s"}]}}\n' \
        "$1" "${3:-default}" "$2" "$2"
}

namespace() { printf '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "%s"}}\n' "$1"; }

# kube_dns: the Service of the name server, without endpoints.
kube_dns() {
    service kube-dns $dns_service UDP 53 0 | sed 's/"namespace": "default"/"namespace": "kube-system"/'
}

# metric NAME: the sum of its samples.
metric() {
    python3 - "$1" <<'P'
import sys
import urllib.request
text = urllib.request.urlopen("http://127.0.0.1:9153/metrics", timeout=60).read().decode()
print(int(sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((sys.argv[1] + "{", sys.argv[1] + " ")))))
P
}
