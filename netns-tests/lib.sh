# Helpers for cases; a case starts with: . "$NETNS_TESTS/lib.sh"
# The case's own namespace is the node. It dies with all its namespaces and processes when the script ends.
set -u
export PATH=$PATH:/usr/sbin:/sbin
name=$(basename "$0" .sh)
work=$(mktemp -d)
passes=0 fails=0
# What lies behind a mount below the folder may be the machine's: nothing is deleted through one.
clear_away() {
    kill $(jobs -p) 2>/dev/null
    wait 2>/dev/null
    grep -o " $work/[^ ]*" /proc/self/mounts | tac | while read -r point; do umount -l "$point"; done
    grep -q " $work/" /proc/self/mounts || rm -rf "$work"
}
trap clear_away EXIT

say() { echo "+ $*"; }
run() { say "$@"; "$@"; }
skip() { echo "skipped: $*"; exit 77; }
need() { for tool in "$@"; do command -v "$tool" >/dev/null || skip "no $tool on this machine"; done; }

# check WHAT ACTUAL EXPECTED
check() {
    if [ "$2" = "$3" ]; then passes=$((passes + 1)); echo "ok   $1: $2"
    else fails=$((fails + 1)); echo "FAIL $1: got '$2', expected '$3'"; fi
}

finish() { echo "$passes passed, $fails failed"; [ $fails = 0 ]; exit $?; }

# wait_until WHAT COMMAND...: as long as a busy machine may need; "limit=SECONDS wait_until ..." where something else would end the wait.
wait_until() {
    local what=$1 end=$((SECONDS + ${limit:-90}))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then fails=$((fails + 1)); echo "FAIL waited ${limit:-90} seconds for: $what"; return 1; fi
        sleep 0.05
    done
}

# in HOST COMMAND...: node, or one of the hosts made below.
in_host() { local host=$1; shift; if [ "$host" = node ]; then "$@"; else nsenter --net="/run/netns/$host" "$@"; fi; }

new_host() { ip netns add "$1" && in_host "$1" ip link set lo up; }

# neighbours_at_once NODE LINK: without a check of its own address, so that the node may ask for neighbours at once. While a link-local
# address is tentative (a second or two), the kernel sends no question for a packet that it forwards.
neighbours_at_once() { in_host "$1" sysctl -qw "net.ipv6.conf.$2.accept_dad=0" "net.ipv6.conf.$2.dad_transmits=0"; }

# client 192.168.60.9 ── node ── bridge 10.244.1.1 ── pod1 10.244.1.2, pod2 10.244.1.3
#                         └── 192.168.50.1 ── remote 192.168.50.2 with pod address 10.244.2.2
topology() {
    need ip nft python3 nsenter
    mount -t tmpfs none /run && mkdir -p /run/netns
    ip link set lo up
    sysctl -qw net.ipv4.ip_forward=1
    ip link add br0 type bridge && ip addr add 10.244.1.1/24 dev br0 && ip link set br0 up
    local number=2 pod
    for pod in pod1 pod2; do
        new_host $pod
        ip link add v$pod type veth peer name eth0 netns $pod
        ip link set v$pod master br0 up
        ip link set v$pod type bridge_slave hairpin on
        in_host $pod ip addr add 10.244.1.$number/24 dev eth0
        in_host $pod ip link set eth0 up
        in_host $pod ip route add default via 10.244.1.1
        number=$((number + 1))
    done
    new_host remote
    ip link add vremote type veth peer name eth0 netns remote
    ip addr add 192.168.50.1/24 dev vremote && ip link set vremote up
    in_host remote ip addr add 192.168.50.2/24 dev eth0
    in_host remote ip link set eth0 up
    in_host remote ip addr add 10.244.2.2/32 dev lo
    # UDP answers take their source from the route: everything leaves with the pod address.
    in_host remote ip route change 192.168.50.0/24 dev eth0 src 10.244.2.2
    in_host remote ip route add default via 192.168.50.1 src 10.244.2.2
    ip route add 10.244.2.0/24 via 192.168.50.2
    ip route add default via 192.168.50.2
    new_host client
    ip link add vclient type veth peer name eth0 netns client
    ip addr add 192.168.60.1/24 dev vclient && ip link set vclient up
    in_host client ip addr add 192.168.60.9/24 dev eth0
    in_host client ip link set eth0 up
    in_host client ip route add default via 192.168.60.1
    local host
    for host in pod1 pod2 remote; do
        in_host $host python3 "$NETNS_TESTS/answer.py" $host 8080 &
    done
    wait_until "three servers" servers_answer
}

# The same hosts with addresses of both families: client fd00:60::9, pods fd00:10:1::2 and ::3, remote fd00:10:2::2.
topology6() {
    topology
    sysctl -qw net.ipv6.conf.all.forwarding=1
    local host number=2
    ip -6 addr add fd00:10:1::1/64 dev br0 nodad
    for host in pod1 pod2; do
        in_host $host ip -6 addr add fd00:10:1::$number/64 dev eth0 nodad
        in_host $host ip -6 route add default via fd00:10:1::1
        number=$((number + 1))
    done
    ip -6 addr add fd00:50::1/64 dev vremote nodad
    in_host remote ip -6 addr add fd00:50::2/64 dev eth0 nodad
    in_host remote ip -6 addr add fd00:10:2::2/128 dev lo
    in_host remote ip -6 route add default via fd00:50::1 src fd00:10:2::2
    ip -6 route add fd00:10:2::/64 via fd00:50::2
    ip -6 route add default via fd00:50::2
    ip -6 addr add fd00:60::1/64 dev vclient nodad
    in_host client ip -6 addr add fd00:60::9/64 dev eth0 nodad
    in_host client ip -6 route add default via fd00:60::1
    wait_until "answers over IPv6" servers_answer6
}

servers_answer6() {
    [ "$(ask node tcp fd00:10:1::2 8080 | cut -d' ' -f1)" = pod1 ] && [ "$(ask node tcp fd00:10:1::3 8080 | cut -d' ' -f1)" = pod2 ] \
        && [ "$(ask node tcp fd00:10:2::2 8080 | cut -d' ' -f1)" = remote ]
}

servers_answer() {
    [ "$(ask node tcp 10.244.1.2 8080 | cut -d' ' -f1)" = pod1 ] && [ "$(ask node tcp 10.244.1.3 8080 | cut -d' ' -f1)" = pod2 ] \
        && [ "$(ask node tcp 10.244.2.2 8080 | cut -d' ' -f1)" = remote ]
}

# ask HOST tcp|udp ADDRESS PORT [TIMES]: the answers, each distinct one once.
ask() { local host=$1; shift; in_host "$host" python3 "$NETNS_TESTS/ask.py" "$@"; }

# fetch URL [OPTION...]: what a server answers that is known to listen.
fetch() { local url=$1; shift; curl -s --max-time 60 "$@" "$url"; }

# objects NAME: standard input becomes the file that the proxy reads.
objects() { cat >"$work/$1.json"; }

# service NAME CLUSTER-IP PROTOCOL PORT NODE-PORT|0 [EXTRA SPEC MEMBERS]
service() {
    local node_port=""
    [ "$5" = 0 ] || node_port=", \"nodePort\": $5"
    printf '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s", "namespace": "default"}, "spec": {"type": "%s", "clusterIP": "%s", "clusterIPs": ["%s"], "ports": [{"protocol": "%s", "port": %s%s}]%s}}\n' \
        "$1" "$([ "$5" = 0 ] && echo ClusterIP || echo NodePort)" "$2" "$2" "$3" "$4" "$node_port" "${6:+, $6}"
}

# slice SERVICE PROTOCOL PORT NODE=ADDRESS...
slice() {
    local service=$1 protocol=$2 port=$3 list="" item family=IPv4 suffix=1
    shift 3
    for item in "$@"; do
        case $item in *=*:*) family=IPv6 suffix=6 ;; esac
        list+="${list:+, }{\"addresses\": [\"${item#*=}\"], \"nodeName\": \"${item%%=*}\", \"conditions\": {\"ready\": true}}"
    done
    printf '{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "%s-%s", "namespace": "default", "labels": {"kubernetes.io/service-name": "%s"}}, "addressType": "%s", "ports": [{"protocol": "%s", "port": %s}], "endpoints": [%s]}\n' \
        "$service" "$suffix" "$service" "$family" "$protocol" "$port" "$list"
}

# list OBJECT...: one document of several.
list() { local IFS=,; echo "{\"kind\": \"List\", \"items\": [$*]}"; }

proxy_command() {
    [ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
    proxy=("$SKIFF_BIN/skiff" proxy --objects "$work/$1.json" --node-name node1 --cluster-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16)
}

# proxy_once NAME [FLAG...]: programs the rules and ends.
proxy_once() { proxy_command "$1"; shift; say skiff proxy --once "$@"; "${proxy[@]}" --once "$@" || { fails=$((fails + 1)); echo "FAIL skiff proxy"; }; }

# proxy_start NAME [FLAG...]: keeps running; its process is $proxy_pid. Returns once the rules stand.
proxy_start() {
    proxy_command "$1"
    shift
    say skiff proxy "$@"
    # What an earlier run wrote must not be waited for.
    : >"$work/proxy.log"
    "${proxy[@]}" "$@" >"$work/proxy.log" 2>&1 &
    proxy_pid=$!
    wait_until "the proxy's first sync" grep -q 'synced rules' "$work/proxy.log"
}

# monitor_start: from here on every change of rules is a line of $work/events.
monitor_start() {
    nft monitor >"$work/events" &
    monitor=$!
    wait_until "the monitor" monitor_hears
}
monitor_hears() { nft 'add table ip marker; delete table ip marker'; grep -q marker "$work/events"; }

# monitor_end: all changes up to here are in the file, without those of these helpers.
monitor_end() {
    # A change of our own ends the list, so that what came before is complete.
    nft 'add table ip last-marker; delete table ip last-marker'
    wait_until "the last change" grep -q last-marker "$work/events"
    kill $monitor
    wait $monitor 2>/dev/null
    sed -i '/marker/d; /^# new generation/d' "$work/events"
}

# elements: sets and maps with their elements, sorted.
elements() { nft list table ip skiff-proxy | python3 "$NETNS_TESTS/sorted_elements.py" sets; }

# check_dump [all]: compares the elements (all: the chains too) with dumps/NN-name.nft.
check_dump() {
    local file=$NETNS_TESTS/dumps/$name.nft
    nft list table ip skiff-proxy | python3 "$NETNS_TESTS/sorted_elements.py" "${1:-sets}" >"$work/dump"
    if [ "${UPDATE_DUMPS:-}" = 1 ]; then cp "$work/dump" "$file"; fi
    if diff -u "$file" "$work/dump"; then passes=$((passes + 1)); echo "ok   dump equals dumps/$name.nft"
    else fails=$((fails + 1)); echo "FAIL dump differs from dumps/$name.nft"; fi
}
