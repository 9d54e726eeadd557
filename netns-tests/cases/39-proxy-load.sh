#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1, pod2
#                                    └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: no connection through a Service fails while its endpoints come and go, while the proxy is killed and starts again, and while another
# version's or another configuration's rules take the place of those that stand; both families.
. "$NETNS_TESTS/lib.sh"
topology6
. "$NETNS_TESTS/families.sh"
api_start
state() { object web 1 "\"type\": \"NodePort\", \"ports\": [$(port 80 30080)]"; ends web 8080 "$@"; }
world() { for family in 4 6; do state "$@"; done | { mapfile -t lines; list "${lines[@]}"; } | api_objects; }
begin() { for family in 4 6; do steady "pod-$1-$family" pod2 "$(vip 1)" 80; steady "client-$1-$family" client "$(at node)" 30080; done; }
end() { for family in 4 6; do for who in pod client; do proven "$2, $who: failed" "$(steady_end "$who-$1-$family")" 0; done; done; }
web() { who pod2 tcp "$(vip 1)" 80 20; }
synced() { [ "$(grep -c 'synced rules' "$work/proxy.log")" -ge "$1" ]; }
world pod1
live_proxy
for family in 4 6; do becomes "IPv$family: before" pod1 web; done
begin changes
for _ in 1 2 3 4 5 6 7 8; do world pod1 remote; world remote; world pod1 pod2 remote; world pod1; done
for family in 4 6; do becomes "IPv$family: after the last change" pod1 web; done
end changes "endpoints come and go"
begin kills
for _ in 1 2 3; do
    kill -9 $proxy_pid
    wait $proxy_pid 2>/dev/null
    world pod1 remote
    before=$(grep -c 'synced rules' "$work/proxy.log")
    live_proxy
    wait_until "the next proxy" synced $((before + 1))
    world pod1
done
end kills "killed and started again"
begin rules
for flags in --masquerade-all --no-service-counters '--detect-local-mode BridgeInterface --pod-bridge-interface br0' '--iptables-masquerade-bit 15' ''; do
    kill $proxy_pid
    wait $proxy_pid 2>/dev/null
    before=$(grep -c 'synced rules' "$work/proxy.log")
    live_proxy $flags
    wait_until "other rules: $flags" synced $((before + 1))
done
end rules "other rules in their place"
finish
