#!/bin/bash
# outside ── node ── web .10, db .11, guest .12, each on a routed pair; Service shop-db 10.96.0.9:5432 -> db:80
# Claim: policies hold behind a virtual address, on the port that the pod sees, with the proxy's table beside; a pod always reaches
# itself, also through its Service.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{}')" "$(namespace other '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')"
    "$(pod guest 12 other '{"app":"guest"}')")
enforce "${objects[@]}"
list "$(service shop-db 10.96.0.9 TCP 5432 0)" "$(slice shop-db TCP 80 node1=10.244.1.11)" | objects services
proxy_once services
expect "through the Service" web tcp 10.96.0.9 5432 db
expect "to itself" db tcp 10.96.0.9 5432 db

out=$(policy out shop '{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Egress"],"egress":[{"to":[{"podSelector":{"matchLabels":{"app":"db"}}}],"ports":[{"port":80}]}]}')
in=$(policy in shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}')
enforce "${objects[@]}" "$out" "$in"
expect "egress and ingress through the Service" web tcp 10.96.0.9 5432 db
expect "nobody else through the Service" guest tcp 10.96.0.9 5432 denied
expect "to itself under policies" db tcp 10.96.0.9 5432 db
expect "egress to others" web tcp 10.244.1.12 80 denied

enforce "${objects[@]}" "$(policy out shop '{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Egress"],"egress":[{"ports":[{"port":5432}]}]}')"
expect "the Service's own port is not the pod's" web tcp 10.96.0.9 5432 denied
enforce "${objects[@]}" "$(policy out shop '{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"10.96.0.9/32"}}]}]}')"
expect "a prefix of the Service's address matches nothing" web tcp 10.96.0.9 5432 denied
finish
