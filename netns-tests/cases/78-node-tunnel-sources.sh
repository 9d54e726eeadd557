#!/bin/bash
# left ── node1, node2; right ── node3; a router between that drops every packet with a pod's address (two-links.sh); a proxy on node1
# Claim: what a node sends through a tunnel comes from the tunnel's address, also to the address of a Service and from another address of the
# node; pods keep theirs through Services; pods reach nodes behind the router, with their node's address, and nodes on their
# link with their own.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
prepare_nodes
. "$NETNS_TESTS/two-links.sh"
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do routes_once $node cluster; node_pod $node pod$(number $node); done
for host in pod1 pod3 node2 node3; do serve $host; done
declare -A tunnel=([4]=10.244.1.0 [6]=fd10:244:0:1::) node1=([4]=172.18.1.11 [6]=fd18:1::11) node2=([4]=172.18.1.12 [6]=fd18:1::12)
declare -A node3=([4]=172.18.2.13 [6]=fd18:2::13) remote=([4]=10.96.0.10 [6]=fd10:96::10) local=([4]=10.96.0.11 [6]=fd10:96::11)
declare -A host=([4]=10.96.0.12 [6]=fd10:96::12)
services=()
add_service() {
    local protocol
    for protocol in TCP UDP; do
        services+=("$(service "$1-${protocol,,}" "$2" $protocol 8080 0)" "$(slice "$1-${protocol,,}" $protocol 8080 "$3=$4")")
    done
}
for family in 4 6; do
    add_service remote$family "${remote[$family]}" node3 "$(address pod3 $family)"
    add_service local$family "${local[$family]}" node1 "$(address pod1 $family)"
    add_service host$family "${host[$family]}" node3 "${node3[$family]}"
done
list "${services[@]}" | objects services
# proxy_on_node1 [FLAG...]
proxy_on_node1() {
    say skiff proxy on node1 "$@"
    in_host node1 "$SKIFF_BIN/skiff" proxy --objects "$work/services.json" --node-name node1 --once "$@" 2>"$work/proxy.log" \
        || { fails=$((fails + 1)); echo "FAIL skiff proxy"; cat "$work/proxy.log"; }
}
everything() {
    local family kind
    for family in 4 6; do
        for kind in tcp udp; do
            check "node1 to a Service of pod3, $kind, IPv$family" "$(seen node1 $kind "${remote[$family]}")" "${tunnel[$family]}"
            check "node1 to pod3, $kind, IPv$family" "$(seen node1 $kind "$(address pod3 $family)")" "${tunnel[$family]}"
            check "node1 to pod3 from its other address, $kind, IPv$family" \
                "$(seen node1 $kind "$(address pod3 $family)" "${node1[$family]}")" "${tunnel[$family]}"
            check "pod1 to a Service of pod3, $kind, IPv$family" "$(seen pod1 $kind "${remote[$family]}")" "$(address pod1 $family)"
            check "pod1 to pod3, $kind, IPv$family" "$(seen pod1 $kind "$(address pod3 $family)")" "$(address pod1 $family)"
        done
        check "pod3 to node1, IPv$family" "$(ping_from pod3 "${node1[$family]}")" ok
    done
}
say "a proxy that masquerades nothing by itself"
proxy_on_node1
everything
for family in 4 6; do
    check "node1 to a Service of its own pod, IPv$family" "$(seen node1 tcp "${local[$family]}")" "${node1[$family]}"
    for kind in tcp udp; do
        check "pod1 to node3, $kind, IPv$family" "$(seen pod1 $kind "${node3[$family]}")" "${node1[$family]}"
        check "pod1 to a Service on node3 itself, $kind, IPv$family" "$(seen pod1 $kind "${host[$family]}")" "${node1[$family]}"
        check "pod1 to node2 on its link, $kind, IPv$family" "$(seen pod1 $kind "${node2[$family]}")" "$(address pod1 $family)"
    done
    check "pod1 to node3, ICMP, IPv$family" "$(ping_from pod1 "${node3[$family]}")" ok
done
say "a proxy that masquerades what does not come from pods"
proxy_on_node1 --cluster-cidr 10.244.0.0/16,fd10:244::/48
everything
check "the router saw no pod's address" "$(in_host hub nft list chain inet guard forward | grep -o 'packets [0-9]*' | sort -u)" "packets 0"
say "nothing of pods is masqueraded"
routes_once node1 cluster --no-masquerade
proxy_on_node1
check "node1 to a Service of pod3 still" "$(seen node1 tcp "${remote[4]}") $(seen node1 tcp "${remote[6]}")" "${tunnel[4]} ${tunnel[6]}"
check "one rule is left, of the tunnel" "$(in_host node1 nft list table ip skiff-node | grep -c masquerade) $(in_host node1 nft list table ip skiff-node | grep -c 'oifname "skiff-vx4".*masquerade')" "1 1"
say "everything by tunnel"
for node in node1 node2; do routes_once $node cluster --routing vxlan; done
check "pod1 to node2 with its node's address" "$(seen pod1 tcp "${node2[4]}") $(seen pod1 tcp "${node2[6]}")" "${node1[4]} ${node1[6]}"
check "node2 to pod1 by the tunnel's" "$(seen node2 tcp "$(address pod1 4)")" 10.244.2.0
finish
