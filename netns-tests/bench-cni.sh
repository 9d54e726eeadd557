#!/bin/bash
# What skiff-cni costs beside Debian's reference plugins, in one run on one machine: ADD, DEL, repeated DEL, eight at once, memory,
# system calls, the pod after thousands, and packets between two pods beside a bare routed veth.
#
#   netns-tests/bench-cni.sh                    # some minutes; on a quiet machine
#   PODS=200 MANY=4000 netns-tests/bench-cni.sh
#
# Needs root, cc, strace, python3, containernetworking-plugins, and iperf3 for the throughput. Everything happens in namespaces of its
# own. Prints a table, and ratios to the reference on standard output; figures of a debug build mean nothing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export SKIFF_BIN=${SKIFF_BIN:-$here/../.build/release}
if [ "${BENCH_INSIDE:-}" != 1 ]; then
    exec env BENCH_INSIDE=1 unshare --net --mount --pid --fork --mount-proc --propagation private "$0" "$@"
fi
export PATH=$PATH:/usr/sbin:/sbin
PODS=${PODS:-200} MANY=${MANY:-4000}
ours=$SKIFF_BIN/skiff-cni reference=/usr/lib/cni
[ -x "$ours" ] || { echo "no program at $ours: make build, or set SKIFF_BIN" >&2; exit 2; }
[ -x $reference/ptp ] || { echo "no reference plugins: apt-get install containernetworking-plugins" >&2; exit 2; }
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
mount -t tmpfs none /run && mkdir -p /run/netns
cc -O2 -pthread -o "$work/bench" "$here/bench-cni.c" || exit 2
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip link add uplink type veth peer name far && ip link set uplink up && ip link set far up
ip addr add 192.0.2.1/24 dev uplink && ip route add default via 192.0.2.9

pods() { seq "$2" $(($2 + $3 - 1)) | sed "s/.*/netns add $1&/" | ip -batch -; }
no_pods() { seq "$2" $(($2 + $3 - 1)) | sed "s/.*/netns del $1&/" | ip -batch -; }
local_ipam() { echo "\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$work/ipam\",\"ranges\":$1,\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}"; }
four='[[{"subnet":"10.200.0.0/16"}]]' both='[[{"subnet":"10.200.0.0/16"}],[{"subnet":"fd00:200::/64"}]]'
cd "$work" || exit 2
skiff='{"cniVersion":"1.0.0","name":"skiff","type":"skiff-cni","mtu":1450'
echo "$skiff,\"podCIDRs\":[\"10.100.0.0/16\",\"fd00:100::/64\"]}" >skiff-dual.conf
echo "$skiff,\"podCIDRs\":[\"10.100.0.0/16\"]}" >skiff.conf
echo "$skiff,\"podCIDRs\":[\"10.100.0.0/16\"],\"ipMasq\":true}" >skiff-masq.conf
for type in ptp bridge; do
    start="{\"cniVersion\":\"1.0.0\",\"name\":\"$type\",\"type\":\"$type\",\"mtu\":1450,\"isGateway\":true"
    echo "$start,\"ipMasq\":false,$(local_ipam "$four")}" >$type.conf
    echo "$start,\"ipMasq\":true,$(local_ipam "$four")}" >$type-masq.conf
    echo "$start,\"ipMasq\":false,$(local_ipam "$both")}" >$type-dual.conf
done
echo '{"cniVersion":"1.0.0","name":"lo","type":"loopback"}' >loopback.conf
ln -s "$ours" "$work/loopback"

declare -A figure
# measure NAME PLUGIN CONFIGURATION COUNT [WORKERS]: ADD, DEL and DEL again.
measure() {
    local name=$1 plugin=$2 conf=$3 count=$4 workers=${5:-1} verb line
    pods b 0 "$count"
    for verb in ADD DEL again; do
        line=$("$work/bench" run "$plugin" "$conf" "${verb/again/DEL}" b 0 "$count" "$workers")
        figure["$name $verb"]=$line
        # shellcheck disable=SC2086
        printf '%-34s %-6s median %8s  p99 %9s ms  cpu %7s ms  memory %6s KiB  %7s/s  failed %s\n' "$name" $verb $line
    done
    no_pods b 0 "$count"
    rm -rf "$work/ipam"
}
# ratio WHAT OURS VERB THEIRS VERB FIELD: how many times theirs is ours.
ratio() {
    awk -v what="$1" -v ours="${figure[$2 $3]}" -v theirs="${figure[$4 $5]}" -v field="$6" 'BEGIN {
        split(ours, o); split(theirs, t); if (o[field] > 0) printf "  %-52s %6.1f  (%s to %s)\n", what, (field == 5 ? o[field] / t[field] : t[field] / o[field]), t[field], o[field] }'
}

echo "== one after the other ($PODS pods)"
measure "skiff-cni dual stack" "$ours" skiff-dual.conf "$PODS"
measure "skiff-cni IPv4" "$ours" skiff.conf "$PODS"
measure "skiff-cni IPv4 ipMasq" "$ours" skiff-masq.conf "$PODS"
measure "ptp IPv4" $reference/ptp ptp.conf "$PODS"
measure "bridge IPv4" $reference/bridge bridge.conf "$PODS"
measure "ptp IPv4 ipMasq" $reference/ptp ptp-masq.conf $((PODS / 2))
measure "bridge IPv4 ipMasq" $reference/bridge bridge-masq.conf $((PODS / 2))
measure "ptp dual stack" $reference/ptp ptp-dual.conf 6
measure "bridge dual stack" $reference/bridge bridge-dual.conf $((PODS / 4))
measure "loopback of skiff-cni" "$work/loopback" loopback.conf "$PODS"
measure "loopback of the reference" $reference/loopback loopback.conf "$PODS"
echo "== eight at once ($PODS pods)"
measure "skiff-cni dual stack, 8" "$ours" skiff-dual.conf "$PODS" 8
measure "ptp IPv4, 8" $reference/ptp ptp.conf "$PODS" 8
measure "bridge IPv4, 8" $reference/bridge bridge.conf "$PODS" 8

echo "== reading only"
pods b 0 1
sed 's/1.0.0/1.1.0/' skiff-dual.conf >status.conf
for verb in VERSION STATUS; do
    figure["$verb $verb"]=$("$work/bench" run "$ours" status.conf $verb b 0 "$PODS" 1)
    # shellcheck disable=SC2086
    printf '%-34s %-6s median %8s  p99 %9s ms  cpu %7s ms  memory %6s KiB  %7s/s  failed %s\n' "skiff-cni" $verb ${figure["$verb $verb"]}
done
figure["reference VERSION"]=$("$work/bench" run $reference/ptp ptp.conf VERSION b 0 "$PODS" 1)
echo "ptp VERSION: ${figure["reference VERSION"]%% *} ms"

echo "== system calls (strace -f -c), ADD then DEL"
calls() {
    local name=$1 plugin=$2 conf=$3 verb
    for verb in ADD DEL; do
        env -i PATH="$PATH" CNI_COMMAND=$verb CNI_CONTAINERID=b0 CNI_NETNS=/run/netns/b0 CNI_IFNAME=eth0 CNI_PATH=$reference \
            strace -f -qq -c -o "$work/calls" "$plugin" <"$conf" >/dev/null
        printf '%-34s %-4s %s\n' "$name" $verb "$(awk '/total$/ { print $4 }' "$work/calls")"
    done
}
calls "skiff-cni dual stack" "$ours" skiff-dual.conf
calls "ptp IPv4" $reference/ptp ptp.conf
calls "bridge IPv4" $reference/bridge bridge.conf
no_pods b 0 1

echo "== the pod after $MANY"
pods m 0 "$MANY" && pods b 0 50
line=$("$work/bench" run "$ours" skiff-dual.conf ADD b 0 50 1)
figure["first ADD"]=$line
"$work/bench" run "$ours" skiff-dual.conf DEL b 0 50 1 >/dev/null
echo "filling: $("$work/bench" run "$ours" skiff-dual.conf ADD m 0 "$MANY" 4)"
figure["last ADD"]=$("$work/bench" run "$ours" skiff-dual.conf ADD b 0 50 1)
figure["last DEL"]=$("$work/bench" run "$ours" skiff-dual.conf DEL b 0 50 1)
echo "skiff-cni: ADD ${figure["first ADD"]%% *} ms with none, ${figure["last ADD"]%% *} ms with $MANY; DEL ${figure["last DEL"]%% *} ms"
figure["STATUS many"]=$("$work/bench" run "$ours" status.conf STATUS b 0 20 1)
echo "skiff-cni: STATUS ${figure["STATUS many"]%% *} ms with $MANY"
# What the kernel does for any link among so many: the reference with as many pods of ours attached, and none of its own.
figure["ptp add among"]=$("$work/bench" run $reference/ptp ptp.conf ADD b 0 20 1)
figure["ptp del among"]=$("$work/bench" run $reference/ptp ptp.conf DEL b 0 20 1)
echo "ptp: ADD ${figure["ptp add among"]%% *} ms, DEL ${figure["ptp del among"]%% *} ms with $MANY pods of skiff-cni"
mkdir -p "$work/ipam/ptp"
python3 - "$work/ipam/ptp" "$MANY" <<'PYTHON'
import ipaddress, sys
first = int(ipaddress.ip_address("10.200.0.2"))
for number in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/{ipaddress.ip_address(first + number)}", "w") as file: file.write(f"other{number}\r\neth0")
PYTHON
figure["ptp many"]=$("$work/bench" run $reference/ptp ptp.conf ADD b 0 20 1)
"$work/bench" run $reference/ptp ptp.conf DEL b 0 20 1 >/dev/null
echo "ptp: ADD ${figure["ptp many"]%% *} ms with $MANY reservations"
no_pods b 0 50; no_pods m 0 "$MANY"

echo "== packets between two pods of the node, beside a bare routed veth (medians of five turns)"
pods p 0 4
# On a node of its own, without any rule.
ip netns add bare && ip netns exec bare sysctl -qw net.ipv4.ip_forward=1
for number in 2 3; do
    ip -n bare link add bare$number mtu 1450 numtxqueues 1 numrxqueues 1 address ee:ee:ee:ee:ee:ee type veth peer name eth0 mtu 1450 netns p$number
    ip -n bare link set bare$number up
    ip -n p$number link set lo up && ip -n p$number link set eth0 up && ip -n p$number addr add 10.101.0.$number/32 dev eth0
    ip -n p$number neigh add 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee dev eth0 nud permanent
    ip -n p$number route add default via 169.254.1.1 dev eth0 onlink
    ip -n bare route add 10.101.0.$number/32 dev bare$number
    ip -n bare neigh add 10.101.0.$number lladdr "$(ip -n p$number -br link show eth0 | awk '{ print $3 }')" dev bare$number nud permanent
done
# The benchmarks above asked for masquerading, which follows connections; these pods do not.
nft flush ruleset
"$work/bench" run "$ours" skiff-dual.conf ADD p 0 2 1 >/dev/null
address() { ip -n "$1" -4 -o addr show eth0 | awk '{ split($4, a, "/"); print a[1] }'; }
in_pod() { local pod=$1; shift; nsenter --net=/run/netns/"$pod" "$@"; }
for server in p1 p3; do
    in_pod $server "$work/bench" serve &
    command -v iperf3 >/dev/null && { in_pod $server iperf3 -s -D >/dev/null 2>&1; }
done
sleep 0.5
middle() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
for turn in 1 2 3 4 5; do
    in_pod p0 timeout 10 "$work/bench" ask "$(address p1)" 700 >>ours.rtt
    in_pod p2 timeout 10 "$work/bench" ask "$(address p3)" 700 >>bare.rtt
    command -v iperf3 >/dev/null || continue
    for pair in "p0 p1 ours" "p2 p3 bare"; do
        # shellcheck disable=SC2086
        set -- $pair
        in_pod "$1" timeout 10 iperf3 -c "$(address "$2")" -t 1.5 -J | python3 -c 'import json, sys; print(round(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e9, 3))' >>"$3.rate"
    done
done
echo "round trip: skiff-cni $(middle <ours.rtt) us, bare $(middle <bare.rtt) us"
[ -s ours.rate ] && echo "throughput: skiff-cni $(middle <ours.rate) Gbit/s, bare $(middle <bare.rate) Gbit/s"
pkill -P $$ 2>/dev/null

echo "== how many times the reference takes what skiff-cni takes"
ratio "ADD, dual stack against ptp IPv4" "skiff-cni dual stack" ADD "ptp IPv4" ADD 1
ratio "ADD, dual stack against bridge IPv4" "skiff-cni dual stack" ADD "bridge IPv4" ADD 1
ratio "ADD, ipMasq against ptp" "skiff-cni IPv4 ipMasq" ADD "ptp IPv4 ipMasq" ADD 1
ratio "ADD, dual stack against ptp dual stack" "skiff-cni dual stack" ADD "ptp dual stack" ADD 1
ratio "DEL against ptp" "skiff-cni dual stack" DEL "ptp IPv4" DEL 1
ratio "DEL against bridge" "skiff-cni dual stack" DEL "bridge IPv4" DEL 1
ratio "repeated DEL against ptp" "skiff-cni dual stack" again "ptp IPv4" again 1
ratio "CPU of ADD against ptp" "skiff-cni dual stack" ADD "ptp IPv4" ADD 3
ratio "memory of ADD against ptp" "skiff-cni dual stack" ADD "ptp IPv4" ADD 4
ratio "ADD per second, eight at once, against ptp" "skiff-cni dual stack, 8" ADD "ptp IPv4, 8" ADD 5
ratio "ADD per second, eight at once, against bridge" "skiff-cni dual stack, 8" ADD "bridge IPv4, 8" ADD 5
ratio "loopback ADD" "loopback of skiff-cni" ADD "loopback of the reference" ADD 1
