#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other), each on a routed pair
# Claim: numbers, ranges, names and protocols of ports hold, in both directions.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{"team":"shop"}')" "$(namespace other '{"team":"other"}')"
    "$(pod web 10 shop '{"app":"web"}' '[{"name":"http","containerPort":80}]')"
    "$(pod db 11 shop '{"app":"db"}' '[{"name":"http","containerPort":81}]')" "$(pod guest 12 other '{"app":"guest"}')")
enforce "${objects[@]}" "$(policy name shop '{"podSelector":{},"ingress":[{"ports":[{"port":"http"}]}]}')"
expect "a name in one pod" guest tcp 10.244.1.10 80 web
expect "the same name in another pod" guest tcp 10.244.1.11 81 db
expect "not the other's number" guest tcp 10.244.1.11 80 denied
expect "by IPv6" guest tcp fd00:1::11 81 db
expect "not by UDP" guest udp 10.244.1.11 81 denied

enforce "${objects[@]}" "$(policy range shop '{"podSelector":{},"ingress":[{"ports":[{"port":1000,"endPort":1009},{"protocol":"UDP"}]}]}')"
expect "in a range" guest tcp 10.244.1.10 1000 web
expect "behind a range" guest tcp 10.244.1.10 1010 denied
expect "a protocol alone" guest udp 10.244.1.10 1010 web

enforce "${objects[@]}" "$(policy wide shop '{"podSelector":{},"ingress":[{"ports":[{"port":1001,"endPort":2000}]}]}')"
expect "in a wide range" guest tcp 10.244.1.10 1010 web
expect "before a wide range" guest tcp 10.244.1.10 1000 denied

enforce "${objects[@]}" "$(policy out other '{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{}}],"ports":[{"port":"http"}]},{"to":[{"ipBlock":{"cidr":"192.168.50.0/24"}}]}]}')"
expect "egress by name, to one pod" guest tcp 10.244.1.10 80 web
expect "egress by name, to another" guest tcp 10.244.1.11 81 db
expect "egress by name, not that number" guest tcp 10.244.1.10 81 denied
expect "egress by prefix" guest tcp 192.168.50.2 81 outside
expect "egress by prefix, not by IPv6" guest tcp fd00:50::2 80 denied
expect "others are open" web tcp fd00:50::2 80 outside

enforce "${objects[@]}" "$(policy sctp shop '{"podSelector":{},"ingress":[{"ports":[{"protocol":"SCTP","port":80}]}]}')"
expect "SCTP opens no TCP" guest tcp 10.244.1.10 80 denied
finish
