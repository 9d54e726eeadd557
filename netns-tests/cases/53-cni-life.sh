#!/bin/bash
# node ── pod, again and again
# Claim: when DEL returns, links, routes and neighbors are gone and the namespace takes the next ADD; addresses do not come back at
# once; a pod's namespace that simply ends leaves nothing. What stays is one neighbor of lo: the slot given out last.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
prepare_nodes
network node '["10.244.1.0/24","fd00:1::/64"]'
traces() { echo "$(ip -o link show | grep -c sk0) $(ip route show proto 201 | wc -l) $(ip -6 route show proto 201 | wc -l) $(ip neigh show | grep -vc ' dev lo ')"; }
left=0 refused=0
ip netns add pod
say forty times ADD, DEL
for number in $(seq 40); do
    cni node ADD pod >"$work/pod.result" || refused=$((refused + 1))
    cni node DEL pod || refused=$((refused + 1))
    [ "$(traces)" = "0 0 0 0" ] && [ "$(ip -n pod -o link show | wc -l)" = 1 ] || left=$((left + 1))
done
check "refused" $refused 0
check "times that something was left after DEL" $left 0

say thirty pods, each for a moment
: >"$work/addresses"
for number in $(seq 30); do
    add_pod node "pod$number" >/dev/null
    address "pod$number" 4 >>"$work/addresses"
    [ $((number % 2)) = 0 ] && cni node DEL "pod$number"
    ip netns del "pod$number"
done
repeated=$(awk 'seen == $0 { n++ } { seen = $0 } END { print n + 0 }' "$work/addresses")
check "addresses given out again to the next pod" "$repeated" 0
nothing_left() { [ "$(traces)" = "0 0 0 0" ]; }
wait_until "the last traces to go" nothing_left
check "traces at the end" "$(traces)" "0 0 0 0"
check "neighbors of lo that remember a slot" "$(ip -6 neigh show dev lo nud permanent | grep -c '^100::')" 1
finish
