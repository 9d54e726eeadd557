# Helpers for the cases of the node network, after lib.sh and cni.sh: three nodes with pods, joined by links of the case.
need ip python3 nsenter nft

routes_program=$SKIFF_BIN/skiff
[ -x "$routes_program" ] || skip "no program at $routes_program; build first"

# NUMBER of a node is the last digit of its name. Its pods: 10.244.N.0/24 and fd10:244:0:N::/64.
number() { echo "${1#node}"; }
pods4() { echo "10.244.$(number "$1").0/24"; }
pods6() { echo "fd10:244:0:$(number "$1")::/64"; }

# plug NODE BRIDGE-NAMESPACE LINK ADDRESS4/LEN ADDRESS6/LEN [MTU]: a cable from the node to the bridge br-LINK of a namespace.
plug() {
    local node=$1 hub=$2 link=$3
    in_host "$hub" ip link show "br-$link" >/dev/null 2>&1 || {
        in_host "$hub" ip link add "br-$link" type bridge
        in_host "$hub" ip link set "br-$link" mtu "${6:-1500}" up
    }
    ip -n "$hub" link add "p-$node-$link" mtu "${6:-1500}" type veth peer name "$link" mtu "${6:-1500}" netns "$node"
    in_host "$hub" ip link set "p-$node-$link" master "br-$link" up
    neighbours_at_once "$node" "$link"
    in_host "$node" ip addr add "$4" dev "$link"
    in_host "$node" ip addr add "$5" dev "$link" nodad
    in_host "$node" ip link set "$link" up
}

# node_object NODE ADDRESS...: its Node, with both ranges of pods.
node_object() {
    local node=$1 list="" address
    shift
    for address in "$@"; do list+="${list:+, }{\"type\": \"InternalIP\", \"address\": \"$address\"}"; done
    printf '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "%s", "creationTimestamp": "2026-01-01T00:00:0%sZ"}, "spec": {"podCIDR": "%s", "podCIDRs": ["%s", "%s"]}, "status": {"addresses": [%s]}}' \
        "$node" "$(number "$node")" "$(pods4 "$node")" "$(pods4 "$node")" "$(pods6 "$node")" "$list"
}

routes_command() {
    routes=("$routes_program" routes --objects "$work/$2.json" --node-name "$1" --cluster-cidr 10.244.0.0/16,fd10:244::/48
        --cni-conf-dir "$work/net.d-$1" "${@:3}")
}

# routes_once NODE OBJECTS [FLAG...]: one comparison.
routes_once() {
    routes_command "$@"
    say "skiff routes --once on $1" "${@:3}"
    in_host "$1" "${routes[@]}" --once 2>"$work/routes-$1.log" || { fails=$((fails + 1)); echo "FAIL skiff routes on $1"; cat "$work/routes-$1.log"; }
}

# routes_start NODE OBJECTS [FLAG...]: keeps running; its process is ${routes_pid[NODE]}.
declare -A routes_pid
routes_start() {
    routes_command "$@"
    say "skiff routes on $1" "${@:3}"
    # What an earlier run wrote must not be waited for, and a signal must reach the program: no shell between.
    : >"$work/routes-$1.log"
    nsenter --net="/run/netns/$1" "${routes[@]}" >"$work/routes-$1.log" 2>&1 &
    routes_pid[$1]=$!
    wait_until "routes on $1" grep -q "routes changed\|tunnels changed" "$work/routes-$1.log"
}

# routes_stop NODE
routes_stop() { kill "${routes_pid[$1]}"; wait "${routes_pid[$1]}" 2>/dev/null; unset "routes_pid[$1]"; }

mtu_of() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["plugins"][0]["mtu"])' "$work/net.d-$1/10-skiff.conflist"; }

# node_pod NODE POD: a pod by the conflist that skiff routes wrote.
node_pod() {
    python3 -c '
import json, sys
conf = json.load(open(sys.argv[1])); plugin = conf["plugins"][0]
plugin.update(cniVersion="1.0.0", name=conf["name"]); print(json.dumps(plugin))' "$work/net.d-$1/10-skiff.conflist" >"$work/$1.conf"
    add_pod "$1" "$2"
}

# ping_from HOST ADDRESS [BYTES-OF-PACKET]: ok, or why not. One echo that must not be split.
ping_from() {
    in_host "$1" python3 - "${@:2}" <<'PYTHON'
import os, socket, struct, sys
address, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 84
six = ":" in address
family = socket.AF_INET6 if six else socket.AF_INET
s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
s.settimeout(5)
if six: s.setsockopt(41, 23, 2)  # IPV6_MTU_DISCOVER, PMTUDISC_DO
else: s.setsockopt(0, 10, 2)     # IP_MTU_DISCOVER, PMTUDISC_DO
data = bytes(size - (48 if six else 28))
def checksum(b):
    b += b"\0" * (len(b) % 2)
    t = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while t >> 16: t = (t & 0xffff) + (t >> 16)
    return ~t & 0xffff
key = os.getpid() & 0xffff
packet = struct.pack("!BBHHH", 128 if six else 8, 0, 0, key, 1) + data
if not six: packet = packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:]
try:
    s.sendto(packet, (address, 0))
    while True:
        answer, sender = s.recvfrom(65536)
        body = answer if six else answer[(answer[0] & 15) * 4:]
        if body[0] == (129 if six else 0) and body[4:6] == struct.pack("!H", key): print("ok"); break
except OSError as error: print(error.strerror or "timeout")
PYTHON
}

# everyone_reaches POD...: each pod from each other, TCP, UDP, ICMP, both families; the receiver sees the sender's own address.
everyone_reaches() {
    local from to family kind
    for from in "$@"; do for to in "$@"; do
        [ "$from" = "$to" ] && continue
        for family in 4 6; do
            for kind in tcp udp; do
                check "$from to $to, $kind, IPv$family" "$(seen "$from" $kind "$(address "$to" $family)")" "$(address "$from" $family)"
            done
            check "$from to $to, ICMP, IPv$family" "$(ping_from "$from" "$(address "$to" $family)")" ok
        done
    done; done
}
