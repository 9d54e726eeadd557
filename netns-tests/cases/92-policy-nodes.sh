#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other); Service shop-db 10.96.0.9:5432 and node port 30080 -> db:80
# Claim: a pod reaches itself under policies, through its Service too unless an Admin policy denies that; a node port keeps the client's
# address for policies; a node and its own pods reach each other whatever policies say.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{"team":"shop"}')" "$(namespace other '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')"
    "$(pod guest 12 other '{"app":"guest"}')")
enforce "${objects[@]}"
list "$(service shop-db 10.96.0.9 TCP 5432 30080)" "$(slice shop-db TCP 80 node1=10.244.1.11)" | objects services
proxy_once services
# The kubelet, for all that policies know.
serve node 10250
expect "a pod to itself" db tcp 10.244.1.11 80 db
expect "a pod to itself through its Service" db tcp 10.96.0.9 5432 db
expect "the node port" outside tcp 192.168.50.1 30080 db
expect "a pod to its node" guest tcp 192.168.50.1 10250 node

deny=$(policy deny shop '{"podSelector":{},"policyTypes":["Ingress","Egress"]}')
enforce "${objects[@]}" "$deny"
expect "nobody else" guest tcp 10.244.1.11 80 denied
expect "a pod to itself under a deny in both directions" db tcp 10.244.1.11 80 db
expect "in IPv6" db tcp fd00:1::11 80 db
expect "and through its Service" db tcp 10.96.0.9 5432 db
expect "another pod through the Service" web tcp 10.96.0.9 5432 denied
expect "the node port is judged too" outside tcp 192.168.50.1 30080 denied
expect "the node to its pod" node tcp 10.244.1.11 80 db
expect "a pod to its node under denied egress" db tcp 192.168.50.1 10250 node
expect "in IPv6" db tcp fd00:50::1 10250 node
expect "but not past it" db tcp 192.168.50.2 80 denied

# Admin policies hold for the way through the Service, which leaves the pod; not for its own address, which does not.
cluster='{"apiVersion":"policy.networking.k8s.io/v1alpha2","kind":"ClusterNetworkPolicy","metadata":{"name":"none"},"spec":{"tier":"Admin","priority":1,"subject":{"namespaces":{"matchLabels":{"team":"shop"}}},"ingress":[{"action":"Deny","from":[{"namespaces":{}}]}]}}'
enforce "${objects[@]}" "$cluster"
expect "an Admin policy: others" web tcp 10.244.1.11 80 denied
expect "an Admin policy: through its Service to itself" db tcp 10.96.0.9 5432 denied
expect "an Admin policy: to itself" db tcp 10.244.1.11 80 db

# The client's address, not the node's: masquerading comes behind the policies.
by_prefix() { policy door shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"ipBlock":{"cidr":"'"$1"'"}}],"ports":[{"port":80}]}]}'; }
enforce "${objects[@]}" "$(by_prefix 192.168.50.2/32)"
expect "the client's prefix opens the node port" outside tcp 192.168.50.1 30080 db
enforce "${objects[@]}" "$(by_prefix 192.168.50.1/32)"
expect "the node's does not" outside tcp 192.168.50.1 30080 denied
enforce "${objects[@]}" "$(by_prefix 192.168.50.2/32)"
list "$(service shop-db 10.96.0.9 TCP 5432 30080 '"externalTrafficPolicy": "Local"')" "$(slice shop-db TCP 80 node1=10.244.1.11)" | objects services
proxy_once services
expect "the client's prefix, without masquerading" outside tcp 192.168.50.1 30080 db
finish
