#!/bin/bash
# outside ── node ── web .10, db .11, guest .12, each on a routed pair
# Claim: labels of peers, subjects and namespaces, finished pods and addresses that go to another pod count as soon as they change.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
shop=$(namespace shop '{}')
other=$(namespace other '{"team":"other"}')
web=$(pod web 10 shop '{"app":"web"}')
db=$(pod db 11 shop '{"app":"db"}')
guest=$(pod guest 12 other '{"app":"guest"}')
label=$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}},{"namespaceSelector":{"matchLabels":{"team":"friends"}}}]}]}')
enforce "$shop" "$other" "$web" "$db" "$guest" "$label"
expect "by label" web tcp 10.244.1.11 80 db
expect "not by namespace" guest tcp 10.244.1.11 80 denied
enforce "$shop" "$other" "$(pod web 10 shop '{"app":"other"}')" "$db" "$guest" "$label"
expect "the peer lost its label" web tcp 10.244.1.11 80 denied
enforce "$shop" "$other" "$web" "$db" "$guest" "$label"
expect "and has it again" web tcp 10.244.1.11 80 db
enforce "$shop" "$(namespace other '{"team":"friends"}')" "$web" "$db" "$guest" "$label"
expect "the namespace got a label" guest tcp 10.244.1.11 80 db
enforce "$shop" "$other" "$web" "$(pod db 11 shop '{"app":"free"}')" "$guest" "$label"
expect "the subject lost its label" guest tcp 10.244.1.11 80 db
enforce "$shop" "$other" "${web/Running/Succeeded}" "$db" "$guest" "$label"
expect "a finished pod is nobody's peer" web tcp 10.244.1.11 80 denied
# The pod's link goes; one with its address comes, for a pod that nobody has heard of.
enforce "$shop" "$other" "$web" "$db" "$guest" "$label"
expect "before the address moves" web tcp 10.244.1.11 80 db
run ip link del "$(host_end 10)"
new_host heir
run pod_link heir 10
serve heir 80
check "the heir of an address has no network before it is known" "$(try_once heir tcp 10.244.1.12 80)" denied
check "nor does anybody reach it" "$(try_once guest tcp 10.244.1.10 80)" denied
enforce "$shop" "$other" "$(pod heir 10 shop '{"app":"stranger"}')" "$db" "$guest" "$label"
expect "then it has its own" heir tcp 10.244.1.12 80 guest
expect "and not the other's" heir tcp 10.244.1.11 80 denied
finish
