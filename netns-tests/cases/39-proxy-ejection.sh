#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1 .2, pod2 .3
#                                     └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: where a Service asks for it, an endpoint that resets or does not answer gets no new connections for a while, in both families; it
# comes back after repair; other Services do not notice, and without the annotation nothing is watched.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/explain.sh"
topology6
need curl
# eventually WHAT COMMAND...: up to two minutes.
eventually() {
    local what=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        kill -0 $proxy_pid || { tail "$work/proxy.log"; fails=$((fails + 1)); echo "FAIL the proxy ended before: $what"; finish; }
        if [ $tries -gt 1200 ]; then fails=$((fails + 1)); echo "FAIL waited two minutes for: $what"; return 1; fi
        sleep 0.1
    done
    echo "ok   seen: $what"
}
annotated() { sed "s#\"namespace\": \"default\"}, \"spec\"#\"namespace\": \"default\", \"annotations\": {\"skiff.dev/ejection\": \"$1\"}}, \"spec\"#"; }
# both NAME NUMBER NODE-PORT: a Service of both families.
both() { service "$1" "10.96.0.$2" TCP 80 "$3" | sed "s/\"clusterIPs\": \[[^]]*\]/\"clusterIPs\": [\"10.96.0.$2\", \"fd00:96::$2\"]/"; }
slices() { slice "$1" TCP 8080 node1=10.244.1.2 node1=10.244.1.3 ${2:+node2=10.244.2.2}; echo ,; slice "$1" TCP 8080 node1=fd00:10:1::2 node1=fd00:10:1::3 ${2:+node2=fd00:10:2::2}; }
nodes=("$(node node1 192.168.60.1)" "$(node node2 192.168.50.2)")
list "${nodes[@]}" "$(both plain 9 0)" "$(slices plain)" | objects plain
list "${nodes[@]}" "$(both web 1 30080 | annotated failures=2,for=3000s,max-percent=70)" "$(slices web remote)" \
    "$(both plain 9 0)" "$(slices plain)" \
    "$(both back 3 0 | annotated failures=2,for=2s)" "$(slices back)" \
    "$(both alone 4 0 | annotated failures=1)" "$(slice alone TCP 8080 node1=10.244.1.2)" | objects world
ranges=(--cluster-cidr 10.244.0.0/16,fd00:10::/32 --service-cidr 10.96.0.0/16,fd00:96::/112)
# Netlink sockets of netfilter that are in a group: those that are told of connections.
listeners() { awk '$2 == 12 && $4 != "00000000"' /proc/net/netlink | wc -l; }
listens() { [ "$(listeners)" = 1 ]; }
names() { ask client tcp "$1" 80 "${2:-30}" | sed 's/ [^,]*//g'; }
told() { nft list map "$1" skiff-proxy ejected | tr -d '\n' | grep -F "$2"; }
# tried FAMILY SERVICE-ADDRESS ENDPOINT: some connections later the endpoint is ejected.
tried() { ask client tcp "$2" 80 6 >/dev/null; told "$1" "$2 . tcp . 80 . $3"; }
metric() { curl -s -m 2 http://127.0.0.1:10249/metrics | grep -F "$1" | awk '{print $NF}'; }

proxy_start plain "${ranges[@]}"
wait_until "the first sync" grep -q 'synced rules' "$work/proxy.log"
check "without the annotation there is no set" "$(nft list table ip skiff-proxy | grep -c 'map ejected')" 0
check "nobody is told of connections" "$(listeners)" 0
kill $proxy_pid
wait $proxy_pid 2>/dev/null

proxy_start world "${ranges[@]}"
eventually "the proxy is told of connections" listens
check "all answer" "$(names 10.96.0.1)" "pod1,pod2,remote"
check "all answer, IPv6" "$(names fd00:96::1)" "pod1,pod2,remote"
check "none is ejected" "$(metric 'skiff_proxy_endpoints_ejected{ip_family="IPv4"}')" 0

run kill $(ip netns pids pod1)
for pair in "ip 10.96.0.1 10.244.1.2" "ip6 fd00:96::1 fd00:10:1::2" ; do eventually "ejected: $pair" tried $pair; done
check "traffic moved away from the one that resets" "$(names 10.96.0.1)" "pod2,remote"
check "IPv6" "$(names fd00:96::1)" "pod2,remote"
check "by the node port" "$(ask client tcp 192.168.60.1 30080 30 | sed 's/ [^,]*//g')" "pod2,remote"
check "a Service without the annotation" "$(names 10.96.0.9)" "pod2,refused"
check "IPv6" "$(names fd00:96::9)" "pod2,refused"
check "an only endpoint stays" "$(names 10.96.0.4 5)" "refused"
why="2 attempts failed, the last one refused"
check "the table tells why" "$(told ip "10.96.0.1 . tcp . 80 . 10.244.1.2" | grep -oF "comment \"$why\"")" "comment \"$why\""
says "dump" "$("$SKIFF_BIN/skiff" proxy dump --objects "$work/world.json" web)" "10.244.1.2:8080 (ejected, " "[fd00:10:1::2]:8080 (ejected, "
check "dump, at the node port" "$("$SKIFF_BIN/skiff" proxy dump --objects "$work/world.json" --family ipv4 web | grep '^node:30080' | grep -c "ejected, .* s left: $why")" 1
said=$(explain world --from 192.168.60.9 --to web:80 --node node1)
says "explain" "$said" "1 of 3 endpoints fails and gets no new connections from node1" "10.244.1.2:8080 (ejected, " "$why"
says "explain names the others" "$said" "reachable: 10.244.1.3:8080, or 10.244.2.2:8080 may answer"
check "explain agrees with the rules" "$(grep -c 'never send to' <<<"$said")" 0
check "nft loads its listing" "$(nft list table ip skiff-proxy | sed '/^\tflags/d' >"$work/listing" && unshare -n nft -f "$work/listing" && echo yes)" yes
check "metrics" "$(metric 'skiff_proxy_endpoint_ejections_total{ip_family="IPv6",reason="refused"}' | awk '$1 >= 1 {print "some"}')" some

# The remote pods fall silent. The connections wait, as those of patient clients.
in_host remote nft -f - <<'RULES'
table inet mute { chain input { type filter hook input priority 0; tcp dport 8080 drop; }; }
RULES
for address in 10.96.0.1 fd00:96::1; do
    in_host client python3 -c "
import signal, socket, sys
held = []
for _ in range(40):
    s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
    s.setblocking(False)
    s.connect_ex((sys.argv[1], 80))
    held.append(s)
signal.pause()" $address &
done
eventually "the silent one is ejected" told ip "10.96.0.1 . tcp . 80 . 10.244.2.2"
eventually "the silent one is ejected, IPv6" told ip6 "fd00:96::1 . tcp . 80 . fd00:10:2::2"
check "traffic moved away from the one that is silent" "$(names 10.96.0.1)" "pod2"
check "IPv6" "$(names fd00:96::1)" "pod2"
check "why" "$(told ip "10.96.0.1 . tcp . 80 . 10.244.2.2" | grep -oF "the last one not answered")" "the last one not answered"
check "one line in the log for each" "$(grep 'endpoint ejected' "$work/proxy.log" | grep -c 'service=default/web')" 4
check "metrics" "$(metric 'skiff_proxy_endpoint_ejections_total{ip_family="IPv4",reason="no-answer"}')" 1

# What is ejected for seconds comes back, and goes again while nothing is repaired.
eventually "ejected for two seconds" tried ip 10.96.0.3 10.244.1.2
eventually "ejected for two seconds, IPv6" tried ip6 fd00:96::3 fd00:10:1::2
eventually "it came back" grep -q "endpoint is back.*default/back" "$work/proxy.log"
run in_host pod1 python3 "$NETNS_TESTS/answer.py" pod1 8080 &
answers() { names "$1" | grep -x pod1,pod2; }
eventually "after repair it gets connections again" answers 10.96.0.3
eventually "after repair, IPv6" answers fd00:96::3
check "the other one is still away" "$(names 10.96.0.1)" "pod2"

# Without the annotation everything is as before.
kill $proxy_pid
wait $proxy_pid 2>/dev/null
in_host remote nft delete table inet mute
proxy_start plain "${ranges[@]}"
wait_until "the first sync" grep -q 'synced rules' "$work/proxy.log"
check "the set is gone" "$(nft list table ip skiff-proxy | grep -c 'map ejected')" 0
check "nobody is told of connections" "$(listeners)" 0
finish
