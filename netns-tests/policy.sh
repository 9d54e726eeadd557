# Helpers for the policies' cases; begins with: . "$NETNS_TESTS/policy.sh"
# Pods are hosts with a routed pair like the plugin makes: host end sk + address in hexadecimal, no bridge.
. "$NETNS_TESTS/lib.sh"

# policy_topology POD...: their addresses are 10.244.1.N and fd00:1::N, N from 10 on.
policy_topology() {
    need ip nft python3 nsenter
    mount -t tmpfs none /run && mkdir -p /run/netns
    ip link set lo up
    sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    # The node's own network and something outside: 192.168.50.2, fd00:50::2.
    new_host outside
    ip link add uplink type veth peer name eth0 netns outside
    ip addr add 192.168.50.1/24 dev uplink && ip -6 addr add fd00:50::1/64 dev uplink nodad && ip link set uplink up
    in_host outside ip addr add 192.168.50.2/24 dev eth0
    in_host outside ip -6 addr add fd00:50::2/64 dev eth0 nodad
    in_host outside ip link set eth0 up
    in_host outside ip route add default via 192.168.50.1
    in_host outside ip -6 route add default via fd00:50::1
    serve outside 80 81
    local pod number=10
    for pod in "$@"; do
        pod_link $pod $number
        serve $pod 80 81 1000 1010
        number=$((number + 1))
    done
}

# 10.244.1.N; numbers above 255 go on in the next rows.
address() { echo "10.244.$((1 + $1 / 256)).$(($1 % 256))"; }
host_end() { printf 'sk0af4%02x%02x' $((1 + $1 / 256)) $(($1 % 256)); }

# pod_link POD NUMBER: the host, its pair and its addresses.
pod_link() {
    local pod=$1 number=$2 end
    end=$(host_end "$number")
    [ -e /run/netns/$pod ] || new_host $pod
    ip link add $end address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns $pod
    ip link property add dev $end altname "pod=uid-$pod=x"
    sysctl -qw net.ipv6.conf.$end.accept_dad=0
    ip -6 addr add fe80::1/64 dev $end nodad
    ip link set $end up
    ip addr add 169.254.1.1/32 dev $end
    ip route add $(address $number)/32 dev $end
    ip -6 route add fd00:1::$number/128 dev $end
    in_host $pod ip addr add $(address $number)/32 dev eth0
    in_host $pod ip -6 addr add fd00:1::$number/128 dev eth0 nodad
    in_host $pod ip link set eth0 up
    in_host $pod ip route add 169.254.1.1 dev eth0
    in_host $pod ip route add default via 169.254.1.1
    in_host $pod ip -6 route add default via fe80::1 dev eth0
}

# serve HOST PORT...
serve() { in_host $1 python3 "$NETNS_TESTS/policy_answer.py" "$@" & }

# pod NAME NUMBER NAMESPACE LABELS-JSON [PORTS-JSON]
pod() {
    printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"%s","uid":"uid-%s","labels":%s},"spec":{"nodeName":"node1","containers":[{"name":"c","image":"i","ports":%s}]},"status":{"phase":"Running","podIP":"%s","podIPs":[{"ip":"%s"},{"ip":"fd00:1::%s"}]}}\n' \
        "$1" "$3" "$1" "$4" "${5:-[]}" "$(address "$2")" "$(address "$2")" "$2"
}

# namespace NAME LABELS-JSON
namespace() { printf '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"%s","labels":%s}}\n' "$1" "$2"; }

# policy NAME NAMESPACE SPEC-JSON [ANNOTATIONS-JSON]
policy() {
    printf '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"%s","namespace":"%s","annotations":%s},"spec":%s}\n' \
        "$1" "$2" "${4:-{\}}" "$3"
}

# enforce OBJECT...: these objects from now on; waits until the rules stand. The first time it starts the enforcer, with $policy_flags.
enforce() {
    [ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
    list "$@" >"$work/objects.new" && mv "$work/objects.new" "$work/objects.json"
    if [ -z "${policy_pid:-}" ]; then
        say skiff policy ${policy_flags:-}
        # What an earlier run wrote must not be waited for.
        : >"$work/policy.log"
        # shellcheck disable=SC2086
        "$SKIFF_BIN/skiff" policy --objects "$work/objects.json" --node-name node1 ${policy_flags:-} >"$work/policy.log" 2>&1 &
        policy_pid=$!
        wait_until "the policies' first sync" grep -q 'synced policies' "$work/policy.log"
    fi
}

# try_once HOST tcp|udp ADDRESS PORT: the server's name, or denied.
try_once() { in_host "$1" python3 "$NETNS_TESTS/policy_ask.py" "$2" "$3" "$4"; }

# expect WHAT HOST tcp|udp ADDRESS PORT EXPECTED: asks until the answer is as expected, for as long as a busy machine may need.
expect() {
    local what=$1 expected=$6 answer end=$((SECONDS + 60))
    while answer=$(try_once "$2" "$3" "$4" "$5"); [ "$answer" != "$expected" ] && [ $SECONDS -lt $end ]; do sleep 0.1; done
    check "$what" "$answer" "$expected"
}
