#!/bin/bash
# pod1 ── br0 ── node: skiff dns ── remote 192.168.50.2: another name server
# Claim: other names are asked for once and kept; a search list costs one question; a dead server means stale answers and quick
# failures, and never touches the cluster's names.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/dns.sh"
need dig
topology
list "$(kube_dns)" "$(service web 10.96.1.1 TCP 80 0)" "$(pod pod1 10.244.1.2)" "$(namespace default)" \
    '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out", "namespace": "default"}, "spec": {"type": "ExternalName", "externalName": "www.example.com"}}' \
    | objects all
in_host remote python3 "$NETNS_TESTS/upstream.py" 192.168.50.2 53 "$work/asked" &
touch "$work/asked"
wait_until "the other server" bash -c "$(declare -f in_host); in_host node dig @192.168.50.2 +short +tries=1 +time=5 start.example.com | grep -q 192.0.2.1"
asked() { grep -c "$1" "$work/asked"; }
dns_start all --upstreams 192.168.50.2 --autopath

# What the other server is asked for once, it may be asked for again when it takes longer than the time for one attempt: such a name does not
# count, another one is tried. new_name: one that nobody has asked for.
number=0
new_name() { number=$((number + 1)); name=name$number; }
kept() {
    new_name
    [ "$(digs pod1 $name.example.com A) $(digs pod1 $name.example.com A) $(asked "udp $name.example.com 1")" = "192.0.2.1 192.0.2.1 1" ]
}
denied() {
    new_name
    [ "$(status pod1 $name.example A) $(status pod1 $name.example A) $(asked "udp $name.example 1")" = "NXDOMAIN NXDOMAIN 1" ]
}
completed() {
    new_name
    [ "$(digs pod1 $name.example.com.default.svc.cluster.local A) $(asked $name.example.com)" = "192.0.2.1 $name.example.com. 1" ]
}
check "a name elsewhere" "$(digs pod1 www.example.com A)" 192.0.2.1
check "the same again" "$(digs pod1 www.example.com A)" 192.0.2.1
check "is asked for once" "$(wait_until "a name, asked for once" kept && echo yes)" yes
check "an ExternalName's address" "$(digs pod1 out.default.svc.cluster.local A)" "192.0.2.1 www.example.com."
check "a name that is not there, asked for once too" "$(wait_until "a name that is not there" denied && echo yes)" yes
check "a truncated answer is fetched over TCP" "$(in_host pod1 dig @$dns_service +short +tcp big.example.com | wc -l) $(asked 'tcp big.example.com 1')" "100 1"
check "and is truncated for a client that takes no more" "$(in_host pod1 dig @$dns_service +notcp +ignore big.example.com | grep -c 'flags: qr tc')" 1
wait_until "a name through the search list, in one question" completed && check "a name through the search list, in one question" yes yes
check "its other family agrees that it exists" "$(status pod1 $name.example.com.default.svc.cluster.local AAAA)" NOERROR
check "from elsewhere nothing is completed" "$(status client $name.example.com.default.svc.cluster.local A)" NXDOMAIN
check "a stale name, fresh" "$(digs pod1 ttl1.example.com A)" 192.0.2.1

touch "$work/asked.dead"
# Until the name's time is over.
sleep 2
check "a stale name, stale" "$(digs pod1 ttl1.example.com A)" 192.0.2.1
check "a new name fails" "$(status pod1 new.example.com A)" SERVFAIL
# A server that counts as dead is left alone: the name fails without a question.
fails_at_once() { new_name; [ "$(status pod1 $name.example.com A) $(asked "$name.example.com")" = "SERVFAIL 0" ]; }
wait_until "the server counts as dead" fails_at_once
check "the cluster's names are answered" "$(digs pod1 web.default.svc.cluster.local A)" 10.96.1.1
check "a name that is nobody's does not exist" "$(status pod1 typo.default.svc.cluster.local A)" NXDOMAIN
check "stale answers are counted" "$([ "$(metric coredns_cache_served_stale_total)" -ge 1 ] && echo yes)" yes
rm "$work/asked.dead"
wait_until "the server is asked again" bash -c "dig @$dns_service +short +tries=1 +time=5 back.example.com | grep -q 192.0.2.1"
check "names elsewhere are back" "$(digs pod1 later.example.com A)" 192.0.2.1
check "requests are counted" "$([ "$(metric coredns_dns_requests_total)" -ge 15 ] && echo yes)" yes
# by PLUGIN: answers that CoreDNS's metrics ascribe to it.
by() {
    python3 - "$1" <<'P'
import sys, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:9153/metrics", timeout=60).read().decode()
print(int(sum(float(line.split()[-1]) for line in text.splitlines()
              if line.startswith("coredns_dns_responses_total{") and f'plugin="{sys.argv[1]}"' in line)))
P
}
for plugin in kubernetes forward cache autopath; do
    check "answers are ascribed to $plugin" "$([ "$(by $plugin)" -ge 1 ] && echo yes)" yes
done

say "resolv.conf is followed"
"$SKIFF_BIN/skiff" dns --objects "$work/all.json" --listen 10.244.1.1 --port 5300 --resolv-conf "$work/resolv" --autopath --ttl 0 \
    --metrics-address 127.0.0.1:9163 >"$work/other.log" 2>&1 &
far() { in_host pod1 dig @10.244.1.1 -p 5300 +short +tries=1 +time=30 "$@" | sort | paste -sd' '; }
knows() { [ "$(far web.default.svc.cluster.local)" = 10.96.1.1 ]; }
wait_until "the second server" knows
check "without the file other names fail" \
    "$(in_host pod1 dig @10.244.1.1 -p 5300 +tries=1 +time=30 a1.example.com | sed -n 's/.*status: \([A-Z]*\).*/\1/p')" SERVFAIL
printf '# by hand\nnameserver 192.168.50.2\n' >"$work/resolv"
resolves() { new_name; [ "$(far $name.more.example.com)" = 192.0.2.1 ]; }
fails_now() { ! resolves; }
wait_until "names elsewhere resolve once the file is there" resolves
printf 'nameserver 192.168.50.9\noptions timeout:1\n' >"$work/resolv.new" && mv "$work/resolv.new" "$work/resolv"
wait_until "and fail when it names a server that is not there" fails_now
rm "$work/resolv"
printf 'search example.com\nnameserver 192.168.50.2\n' >"$work/resolv"
wait_until "and resolve again with the old server" resolves
check "the node's search list is followed too" "$(far deep.er.default.svc.cluster.local)" "192.0.2.1 deep.er.example.com."
finish
