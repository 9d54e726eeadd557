#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other), each on a routed pair
# Claim: tiers of ClusterNetworkPolicy decide before and behind NetworkPolicies, in order of priority and rule; Pass goes on.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{"team":"shop"}')" "$(namespace other '{"team":"other"}')"
    "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')" "$(pod guest 12 other '{"app":"guest"}')")
# cluster NAME TIER PRIORITY RULES-JSON [DIRECTION]: about namespace shop.
cluster() {
    printf '{"apiVersion":"policy.networking.k8s.io/v1alpha2","kind":"ClusterNetworkPolicy","metadata":{"name":"%s"},"spec":{"tier":"%s","priority":%s,"subject":{"namespaces":{"matchLabels":{"team":"shop"}}},"%s":%s}}\n' \
        "$1" "$2" "$3" "${5:-ingress}" "$4"
}
from_other='"from":[{"namespaces":{"matchLabels":{"team":"other"}}}]'
deny_all=$(policy deny shop '{"podSelector":{}}')
enforce "${objects[@]}" "$(cluster base Baseline 10 "[{\"action\":\"Deny\",$from_other}]")"
expect "the baseline denies" guest tcp 10.244.1.11 80 denied
expect "others are open" web tcp 10.244.1.11 80 db
enforce "${objects[@]}" "$(cluster base Baseline 10 "[{\"action\":\"Deny\",$from_other}]")" "$(policy open shop '{"podSelector":{},"ingress":[{}]}')"
expect "a NetworkPolicy decides before the baseline" guest tcp 10.244.1.11 80 db
enforce "${objects[@]}" "$deny_all" "$(cluster admin Admin 10 "[{\"action\":\"Accept\",$from_other,\"protocols\":[{\"tcp\":{\"destinationPort\":{\"number\":80}}}]}]")"
expect "the admin tier accepts what a NetworkPolicy would not" guest tcp 10.244.1.11 80 db
expect "on its port alone" guest tcp 10.244.1.11 81 denied
enforce "${objects[@]}" "$(cluster late Admin 20 "[{\"action\":\"Accept\",$from_other}]")" "$(cluster early Admin 10 "[{\"action\":\"Deny\",$from_other}]")"
expect "the lower priority number decides" guest tcp 10.244.1.11 80 denied
enforce "${objects[@]}" "$deny_all" "$(cluster late Admin 20 "[{\"action\":\"Accept\",$from_other}]")" "$(cluster early Admin 10 "[{\"action\":\"Pass\",$from_other}]")"
expect "Pass leaves the tier" guest tcp 10.244.1.11 80 denied
enforce "${objects[@]}" "$(cluster out Admin 5 '[{"action":"Accept","to":[{"networks":["192.168.50.2/32"]}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":80,"end":90}}}}]},{"action":"Deny","to":[{"networks":["0.0.0.0/0"]}]}]' egress)"
expect "networks accepted" web tcp 192.168.50.2 80 outside
expect "networks denied, pods among them" web tcp 10.244.1.12 80 denied
expect "the other family is open" web tcp fd00:1::12 80 guest
enforce "${objects[@]}" "$(cluster unknown Admin 5 '[{"action":"Accept","to":[{"martians":{}}]},{"action":"Deny","to":[{"domainNames":["example.com"]}]}]' egress)"
expect "a peer that nobody knows fails closed" web tcp 10.244.1.12 80 denied
finish
