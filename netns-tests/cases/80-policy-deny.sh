#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other), each on a routed pair
# Claim: default deny, allow by label, by namespace and by prefix hold for real packets of both families, and change at once.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{"team":"shop"}')" "$(namespace other '{"team":"other"}')"
    "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')" "$(pod guest 12 other '{"app":"guest"}')")
enforce "${objects[@]}"
expect "no policy" guest tcp 10.244.1.11 80 db
expect "no policy, IPv6" guest tcp fd00:1::11 80 db

deny=$(policy deny shop '{"podSelector":{}}')
enforce "${objects[@]}" "$deny"
expect "default deny" guest tcp 10.244.1.11 80 denied
expect "default deny inside the namespace" web tcp 10.244.1.11 80 denied
expect "default deny, IPv6" guest tcp fd00:1::11 80 denied
expect "default deny, UDP" guest udp 10.244.1.11 80 denied
expect "other namespaces are open" web tcp 10.244.1.12 80 guest
expect "the node reaches its pods" node tcp 10.244.1.11 80 db
expect "the node reaches its pods, IPv6" node tcp fd00:1::11 80 db
expect "from outside" outside tcp 10.244.1.11 80 denied

label=$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}')
enforce "${objects[@]}" "$deny" "$label"
expect "allowed by label" web tcp 10.244.1.11 80 db
expect "allowed by label, IPv6" web tcp fd00:1::11 80 db
expect "another label" guest tcp 10.244.1.11 80 denied
expect "another pod of the namespace" db tcp 10.244.1.10 80 denied

space=$(policy space shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"other"}}}],"ports":[{"port":80}]}]}')
enforce "${objects[@]}" "$deny" "$space"
expect "allowed by namespace" guest tcp 10.244.1.11 80 db
expect "on this port alone" guest tcp 10.244.1.11 81 denied
expect "on this protocol alone" guest udp 10.244.1.11 80 denied
expect "the other policy is gone" web tcp 10.244.1.11 80 denied

block=$(policy block shop '{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"192.168.0.0/16","except":["192.168.50.1/32"]}},{"ipBlock":{"cidr":"10.244.1.0/24","except":["10.244.1.12/32"]}}]}]}')
enforce "${objects[@]}" "$block"
expect "allowed by prefix" outside tcp 10.244.1.11 80 db
expect "a v4 prefix is no v6 prefix" outside tcp fd00:1::11 80 denied
expect "excepted" guest tcp 10.244.1.11 80 denied
expect "a prefix of pods" web tcp 10.244.1.11 80 db

enforce "${objects[@]}"
expect "without policies again" guest tcp 10.244.1.11 80 db
finish
