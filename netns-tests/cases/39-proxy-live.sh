#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1, pod2
#                                    └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: rules follow an API server as it changes, in both families, and stay as they are while it is broken or away. Nothing is written before
# everything was listed. Objects that come and go, or cannot be used, disturb no other Service and are named once.
. "$NETNS_TESTS/lib.sh"
topology6
. "$NETNS_TESTS/families.sh"
api_start
node() { # zone
    printf '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1", "labels": {"topology.kubernetes.io/zone": "%s"}}, "spec": {}, "status": {"addresses": [{"type": "InternalIP", "address": "192.168.60.1"}, {"type": "InternalIP", "address": "fd00:60::1"}]}}' "$1"
}
range() { printf '{"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"}, "spec": {"cidrs": ["10.97.0.0/24", "fd00:97::/112"]}}'; }
plain() { object "$1" "$2" "\"type\": \"ClusterIP\", \"ports\": [$(port 80)]"; }
# world COMMAND...: the objects of both families, as the command prints them, beside the node.
world() { for family in 4 6; do "$@"; done | { mapfile -t lines; list "$(node a)" "${lines[@]}"; } | api_objects; }
# both WHAT EXPECTED COMMAND...: becomes, in each family; HOSTS in the expectation are their addresses.
both() { for family in 4 6; do becomes "IPv$family: $1" "$2" "${@:3}"; done; }
web() { who pod2 tcp "$(vip 1)" 80 "${1:-20}"; }

# Before everything is listed: what stands, stays.
state() { plain web 1; ends web 8080 "$@"; }
for family in 4 6; do state pod1; done | { mapfile -t lines; list "${lines[@]}"; } | objects before
proxy_once before "${ranges[@]}"
nft -s list ruleset >"$work/rules"
api_faults '{"refuse": {"endpointslices": 500}}'
world state remote
live_proxy --no-own-tables --nodeport-addresses 0.0.0.0/0,::/0
asked_often() { [ "$(api_asked 'list endpointslices')" -ge 3 ] && [ "$(api_asked 'watch services')" -ge 1 ]; }
wait_until "three refused lists" asked_often
check "rules before the slices are listed" "$(nft -s list ruleset | cksum)" "$(cksum <"$work/rules")"
api_faults '{}'
both "the endpoint, once they are" remote web

# Endpoints and addresses.
world state
both "no endpoint" refused web
world state pod1
both "an endpoint" pod1 web
world state pod1:not-ready remote
both "not ready" remote web
world state pod1:serving remote:ended
both "the last resort" pod1 web
world state pod1:serving remote
both "a ready one again" remote web
moved() { plain web 1; slice_ends web "$1" '{"name": "", "protocol": "TCP", "port": 8080}' pod1; [ -z "${2:-}" ] || slice_ends web "$2" '{"name": "", "protocol": "TCP", "port": 8080}' pod1; }
world moved 1
both "one slice" pod1 web
for family in 4 6; do steady "moves$family" pod2 "$(vip 1)" 80; done
for _ in 1 2 3; do world moved 1 2; world moved 2; world moved 2 1; world moved 1; done
for family in 4 6; do
    proven "connections that failed while the endpoint moved between slices" "$(steady_end "moves$family")" 0
done
balanced() { object web 1 "\"type\": \"LoadBalancer\", \"ports\": [$(port 80 30080)]" "\"loadBalancer\": {\"ingress\": [{\"ip\": \"$(outer "$1")\"}]}"; ends web 8080 pod1; }
balancer() { who client tcp "$(outer "$1")" 80 3; }
world balanced 1
both "a load balancer address" pod1 balancer 1
world balanced 2
both "another one in its status" pod1 balancer 2
for family in 4 6; do silent "the one it no longer names" client tcp "$(outer 1)" 80; done
for family in 4 6; do ip -$family addr add "$([ $family = 4 ] && echo 192.168.60.77/24 || echo fd00:60::77/64)" dev vclient $([ $family = 6 ] && echo nodad); done
node_port() { who client tcp "$([ $family = 4 ] && echo 192.168.60.77 || echo fd00:60::77)" 30080; }
both "a new address of the node" pod1 node_port
for family in 4 6; do ip -$family addr del "$([ $family = 4 ] && echo 192.168.60.77/24 || echo fd00:60::77/64)" dev vclient; done
gone() { [ "$(node_port)" = pod1 ] || echo gone; }
both "an address that the node lost" gone gone
silence

# Virtual addresses change hands in one step; a deleted Service's are free.
pair() { plain web "$1"; ends web 8080 pod1; plain other "$2"; ends other 8080 remote; }
by() { echo "$(who pod2 tcp "$(vip 1)" 80 5) $(who pod2 tcp "$(vip 2)" 80 5)"; }
world pair 1 2
both "two Services" "pod1 remote" by
world pair 2 1
both "exchanged" "remote pod1" by
alone() { plain other "$1"; ends other 8080 remote; }
world alone 2
both "one deleted, its address taken over" remote who pod2 tcp "$(vip 2)" 80 5
for family in 4 6; do becomes "IPv$family: its own is free" dropped bash -c "nft list map ip$([ $family = 6 ] && echo 6) skiff-proxy services | grep -q ' $(vip 1) ' || echo dropped"; done

# The node's zone and the cluster's ranges.
hinted() { plain web 1; ends web 8080 pod1 remote | sed "s/\"addresses\": \[\"$(at pod1)\"\]/&, \"hints\": {\"forZones\": [{\"name\": \"a\"}]}/; s/\"addresses\": \[\"$(at remote)\"\]/&, \"hints\": {\"forZones\": [{\"name\": \"b\"}]}/"; }
world hinted
both "the zone's endpoint" pod1 web
for family in 4 6; do hinted; done | { mapfile -t lines; list "$(node b)" "$(range)" "${lines[@]}"; } | api_objects
both "another zone" remote web
for family in 4 6; do becomes "IPv$family: a new range" dropped bash -c "nft list chain ip$([ $family = 6 ] && echo 6) skiff-proxy dispatch | grep -q '$([ $family = 4 ] && echo 10.97.0.0/24 || echo fd00:97::/112) drop' && echo dropped"; done
for family in 4 6; do silent "an address in it" pod1 tcp "$([ $family = 4 ] && echo 10.97.0.9 || echo fd00:97::9)" 80; done
silence

# Broken watches, a server that is away, objects that flap.
world state pod1
both "before the faults" pod1 web
lists=$(api_asked 'list endpointslices')
api_faults '{"garbage": true}'
world state remote
both "after a watch that ended in the middle of a line" remote web
api_faults '{"expire": true}'
world state pod1
both "after a watch that expired" pod1 web
check "it was listed again" "$([ "$(api_asked 'list endpointslices')" -gt "$lists" ] && echo yes)" yes
nft -s list ruleset | grep -v counter >"$work/rules"
kill -9 $api_pid
wait $api_pid 2>/dev/null
for family in 4 6; do proven "the server is away" "$(web 5)" pod1; done
tried() { [ "$(grep -c 'cannot list\|watch ended\|not reached\|onnect' "$work/proxy.log")" -ge 1 ]; }
wait_until "the proxy notices" tried
check "rules meanwhile" "$(nft -s list ruleset | grep -v counter | cksum)" "$(cksum <"$work/rules")"
api_start
world state remote
both "it is back" remote web
flap() { state pod1; [ "$1" = 0 ] || { plain flap 9; ends flap 8080 "$2"; }; }
for family in 4 6; do steady "flap$family" pod2 "$(vip 1)" 80; done
for number in $(seq 20); do world flap $((number % 2)) $([ $((number % 3)) = 0 ] && echo pod1 || echo remote); done
world flap 1 pod2
both "a Service that came and went" pod2 who pod1 tcp "$(vip 9)" 80 5
for family in 4 6; do
    proven "connections to another Service that failed meanwhile" "$(steady_end "flap$family")" 0
done

# Objects that cannot be used as they stand.
bad() {
    state pod1
    object alpha 20 "\"type\": \"ClusterIP\", \"externalIPs\": [\"$(outer 20)\"], \"ports\": [$(port 80)]" | sed 's/"namespace"/"creationTimestamp": "2026-01-01T00:00:00Z", "namespace"/'
    ends alpha 8080 pod1
    object beta 21 "\"type\": \"ClusterIP\", \"externalIPs\": [\"$(outer 20)\", \"300.1.2.3\"], \"ports\": [$(port 80), $(port 81 0 TCP b), $(port 81 0 TCP c), $(port 99 0 GRE d)]" | sed 's/"namespace"/"creationTimestamp": "2026-02-01T00:00:00Z", "namespace"/'
    ends beta 8080 remote | sed 's/"endpoints": \[/&{"addresses": ["10.244.1.999"]}, {"addresses": []}, /'
    ends orphan 8080 pod1 | sed 's/"labels": {[^}]*}/"labels": {}/'
    ends nothing 8080 pod1
}
world bad
for family in 4 6; do
    becomes "IPv$family: two Services want one address: the older one has it" pod1 who client tcp "$(outer 20)" 80 10
    proven "the other one's cluster IP" "$(who pod2 tcp "$(vip 21)" 80 5)" remote
    proven "everybody else" "$(web 5)" pod1
done
state_again() { bad; plain more "$1"; }
for number in 30 31 30; do world state_again $number; done
for family in 4 6; do becomes "IPv$family: further changes" refused who pod2 tcp "$(vip 30)" 80; done
for family in 4 6; do
    told() { grep "beta-$family\|orphan-$family" "$work/proxy.log" | grep -cF "$1"; }
    proven "an address that is none is named once" "$(told "'300.1.2.3' is no address")" 1
    proven "an endpoint that is none is named once" "$(told "'10.244.1.999' is no address")" 1
    proven "a protocol that is none is named once" "$(told "protocol 'GRE' is not known")" 1
    proven "a slice without a Service is named once" "$(told "the slice is not used")" 1
    proven "the contest is named once" "$(grep "$(outer 20)" "$work/proxy.log" | grep -c "beta-$family")" 1
done
check "the proxy lives" "$(kill -0 $proxy_pid && echo yes)" yes
finish
