#!/bin/bash
# pod1 ── br0 ── node with 10.96.0.10, where skiff dns answers ── remote 192.168.50.2: a name server that knows nothing of these names
# Claim: every record of the specification is answered, over UDP and TCP, for names of both address families; the resolvers of glibc and
# musl walk their search lists to the same end.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/dns.sh"
need dig
topology
zone=default.svc.cluster.local

headless_slice() {
    cat <<'J'
{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
 "metadata": {"name": "db-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "db", "service.kubernetes.io/headless": ""}},
 "ports": [{"name": "sql", "protocol": "TCP", "port": 15432}],
 "endpoints": [
  {"addresses": ["10.244.1.2"], "hostname": "db-0", "conditions": {"ready": true}},
  {"addresses": ["10.244.1.3"], "hostname": "db-1", "conditions": {"ready": true}},
  {"addresses": ["10.244.2.2"], "conditions": {"ready": true}},
  {"addresses": ["10.244.2.9"], "hostname": "db-3", "conditions": {"ready": false}}]}
J
}
six_slice() {
    cat <<'J'
{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv6",
 "metadata": {"name": "db-six", "namespace": "default", "labels": {"kubernetes.io/service-name": "db", "service.kubernetes.io/headless": ""}},
 "ports": [{"name": "sql", "protocol": "TCP", "port": 15432}],
 "endpoints": [{"addresses": ["fd00:1::2"], "hostname": "db-0", "conditions": {"ready": true}}]}
J
}
spec() { printf '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s", "namespace": "default"}, "spec": %s}\n' "$1" "$2"; }

list "$(spec web '{"type": "ClusterIP", "clusterIP": "10.96.1.1", "clusterIPs": ["10.96.1.1", "fd00:2::1"], "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}')" \
    "$(spec db '{"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "ports": [{"name": "sql", "protocol": "TCP", "port": 5432}]}')" \
    "$(spec idle '{"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}')" \
    "$(spec out '{"type": "ExternalName", "externalName": "www.example.com"}')" \
    "$(spec also '{"type": "ExternalName", "externalName": "web.default.svc.cluster.local"}')" \
    "$(headless_slice)" "$(six_slice)" "$(kube_dns)" "$(namespace default)" "$(namespace empty)" "$(pod pod1 10.244.1.2)" | objects all
in_host remote python3 "$NETNS_TESTS/upstream.py" 192.168.50.2 53 "$work/asked" &
dns_start all --upstreams 192.168.50.2

for way in +notcp +tcp; do
    check "A of a Service ($way)" "$(digs pod1 web.$zone A $way)" "10.96.1.1"
    check "AAAA of a Service ($way)" "$(digs pod1 web.$zone AAAA $way)" "fd00:2::1"
    check "SRV of a named port ($way)" "$(digs pod1 _http._tcp.web.$zone SRV $way)" "0 100 80 web.$zone."
    check "A of a headless Service ($way)" "$(digs pod1 db.$zone A $way)" "10.244.1.2 10.244.1.3 10.244.2.2"
done
check "AAAA of a headless Service" "$(digs pod1 db.$zone AAAA)" "fd00:1::2"
check "A of an endpoint by hostname" "$(digs pod1 db-1.db.$zone A)" "10.244.1.3"
check "A and AAAA of one hostname" "$(digs pod1 db-0.db.$zone A) $(digs pod1 db-0.db.$zone AAAA)" "10.244.1.2 fd00:1::2"
check "A of an endpoint by address" "$(digs pod1 10-244-2-2.db.$zone A)" "10.244.2.2"
check "an endpoint that is not ready" "$(status pod1 db-3.db.$zone A)" NXDOMAIN
check "SRV of a headless Service" "$(digs pod1 _sql._tcp.db.$zone SRV)" \
    "0 100 15432 10-244-2-2.db.$zone. 0 100 15432 db-0.db.$zone. 0 100 15432 db-1.db.$zone."
check "a headless Service without endpoints" "$(status pod1 idle.$zone A) $(status pod1 idle.$zone AAAA)" "NXDOMAIN NXDOMAIN"
check "PTR of a cluster IP" "$(digs pod1 1.1.96.10.in-addr.arpa PTR)" "web.$zone."
check "PTR of a cluster IP of IPv6" "$(in_host pod1 dig @$dns_service +short -x fd00:2::1)" "web.$zone."
check "PTR of an endpoint" "$(in_host pod1 dig @$dns_service +short -x 10.244.1.3)" "db-1.db.$zone."
check "CNAME of an ExternalName" "$(digs pod1 out.$zone CNAME)" "www.example.com."
check "A of an ExternalName that leads to a Service" "$(digs pod1 also.$zone A)" "10.96.1.1 web.$zone."
check "A of a pod by address" "$(digs pod1 10-244-1-7.default.pod.cluster.local A)" "10.244.1.7"
check "TXT of the schema's version" "$(digs pod1 dns-version.cluster.local TXT)" '"1.1.0"'
check "a Service asked for another type" "$(status pod1 web.$zone MX)" NOERROR
check "a name that is not there" "$(status pod1 nobody.$zone A)" NXDOMAIN
check "a namespace" "$(status pod1 empty.svc.cluster.local A) $(status pod1 none.svc.cluster.local A)" "NOERROR NXDOMAIN"
check "the SOA record of a denial" "$(in_host pod1 dig @$dns_service nobody.$zone A +noall +authority | awk '{print $1, $4, $5}')" \
    "cluster.local. SOA ns.dns.cluster.local."
check "letters stay as they were asked" "$(in_host pod1 dig @$dns_service WeB.DEFAULT.svc.Cluster.local A +noall +answer | awk '{print $1}')" \
    "WeB.DEFAULT.svc.Cluster.local."
check "the aa flag" "$(in_host pod1 dig @$dns_service web.$zone A | grep -c 'flags: qr aa rd ra;')" 1
check "a zone transfer" "$(in_host pod1 dig @$dns_service cluster.local AXFR +tries=1 +time=30 | grep -c 'Transfer failed')" 1
check "the chaos class" "$(in_host pod1 dig @$dns_service version.bind CH TXT | sed -n 's/.*status: \([A-Z]*\).*/\1/p')" REFUSED
check "a version of EDNS to come" "$(status pod1 web.$zone A +edns=1 +noednsneg)" BADVERS
check "ANY" "$(digs pod1 web.$zone ANY +notcp)" '"RFC8482" ""'
check "the link-local address answers too" "$(in_host pod1 dig @169.254.20.10 +short web.$zone A)" "10.96.1.1"
check "NOTIFY and UPDATE" "$(status pod1 $zone SOA +opcode=NOTIFY) $(status pod1 $zone SOA +opcode=UPDATE)" "NOTIMP NOTIMP"
check "cookies and unknown options are no obstacle" \
    "$(digs pod1 web.$zone A +cookie +ednsopt=65001:abcd +nsid +subnet=10.0.0.0/8)" 10.96.1.1
check "an answer says nothing of EDNS to who did not" "$(in_host pod1 dig @$dns_service +noedns web.$zone A | grep -c 'EDNS: version')" 0
check "no signatures, and no claim of any" "$(in_host pod1 dig @$dns_service +dnssec web.$zone A | grep -c 'flags:.* ad')" 0
check "two questions of one connection" "$(in_host pod1 dig @$dns_service +tcp +keepopen +short web.$zone A also.$zone A | paste -sd' ')" \
    "10.96.1.1 web.$zone. 10.96.1.1"

say "the C libraries' resolvers"
wait_until "the other server" bash -c "dig @192.168.50.2 +tries=1 +time=5 nobody | grep -q NXDOMAIN"
printf 'nameserver %s\nsearch %s svc.cluster.local cluster.local\noptions ndots:5\n' $dns_service $zone >"$work/resolv.conf"
names="web web.default web.default.svc web.default.svc.cluster.local also db db-0.db idle nobody also.nobody"
expected="web: 10.96.1.1 fd00:2::1; web.default: 10.96.1.1 fd00:2::1; web.default.svc: 10.96.1.1 fd00:2::1"
expected+="; web.default.svc.cluster.local: 10.96.1.1 fd00:2::1; also: 10.96.1.1 fd00:2::1"
expected+="; db: 10.244.1.2 10.244.1.3 10.244.2.2 fd00:1::2; db-0.db: 10.244.1.2 fd00:1::2; idle: nothing; nobody: nothing; also.nobody: nothing"
for compiler in gcc musl-gcc; do
    if ! command -v $compiler >/dev/null; then
        say "no $compiler on this machine: its resolver is not asked"
        continue
    fi
    $compiler -O1 -o "$work/resolve" "$NETNS_TESTS/resolve.c"
    check "through the search list, by $compiler's" "$(
        in_host pod1 unshare -m bash -c "mount --bind '$work/resolv.conf' \"\$(realpath /etc/resolv.conf)\" && exec '$work/resolve' $names")" "$expected"
done
check "a resolver of the C library, with the kubelet's search list" "$(
    mkdir -p "$work/etc" && printf 'nameserver %s\nsearch %s svc.cluster.local cluster.local\noptions ndots:5\n' $dns_service $zone >"$work/resolv.conf"
    in_host pod1 unshare -m bash -c "mount --bind '$work/resolv.conf' \"\$(realpath /etc/resolv.conf)\" && getent ahostsv4 web.default" | awk '{print $1}' | sort -u)" "10.96.1.1"
finish
