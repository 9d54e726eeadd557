#!/bin/bash
# outside ── node ── web .10, db .11, guest .12, each on a routed pair; Service 10.96.0.9:5432 -> db:80
# Claim: with --open-connections cut, a policy that comes ends the connections that it would not let begin, whoever speaks next, through
# a Service too, and no others; one-way UDP follows every change at once, with or without.
. "$NETNS_TESTS/policy.sh"
policy_flags="--open-connections cut"
policy_topology web db guest
objects=("$(namespace shop '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')" "$(pod guest 12 shop '{"app":"guest"}')")
list "$(service shop-db 10.96.0.9 TCP 5432 0)" "$(slice shop-db TCP 80 node1=10.244.1.11)" | objects services
proxy_once services
enforce "${objects[@]}"
wait_until "the first sync" grep -q 'synced policies' "$work/policy.log"
check "half-known connections begin no entry" "$(cat /proc/sys/net/netfilter/nf_conntrack_tcp_loose)" 0

# open NAME HOST ADDRESS PORT: a connection that is kept; say_to NAME WORD sends over it.
declare -A to from
open() {
    local -i input output
    mkfifo "$work/$1.in" "$work/$1.out"
    in_host $2 python3 "$NETNS_TESTS/policy_ask.py" hold tcp $3 $4 <"$work/$1.in" >"$work/$1.out" &
    exec {input}>"$work/$1.in" {output}<"$work/$1.out"
    to[$1]=$input from[$1]=$output
    read -r -t 60 answer <&${from[$1]}
    check "$1 is open" "$answer" db
}
say_to() { echo "$2" >&${to[$1]}; read -r -t 60 answer <&${from[$1]}; echo "$answer"; }
open web web 10.244.1.11 80
open guest guest 10.244.1.11 80
open guest6 guest fd00:1::11 80
open service guest 10.96.0.9 5432
open outside outside 10.244.1.11 80
open node node 10.244.1.11 80
for each in web guest guest6 service outside node; do check "$each talks" "$(say_to $each one)" one; done

enforce "${objects[@]}" "$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}')"
wait_until "the cut" grep -q 'cut open connections' "$work/policy.log"
check "allowed: goes on" "$(say_to web two)" two
check "the node's: goes on" "$(say_to node two)" two
for each in guest guest6 service outside; do check "$each is cut" "$(say_to $each two)" denied; done
expect "and cannot begin again" guest tcp 10.244.1.11 80 denied

enforce "${objects[@]}" "$(policy out shop '{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Egress"]}')"
cut_twice() { [ "$(grep -c 'cut open connections' "$work/policy.log")" -ge 2 ]; }
wait_until "the second cut" cut_twice
check "egress denied: web is cut" "$(say_to web three)" denied

# UDP without answers is judged packet by packet.
enforce "${objects[@]}"
expect "UDP" guest udp 10.244.1.11 80 db
in_host db nft 'table ip count { chain in { type filter hook input priority 0; udp dport 9125 counter; }; }'
arrived() { in_host db nft list table ip count | grep -o 'packets [0-9]*' | cut -d' ' -f2; }
in_host guest python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.244.1.11", 9125))
while True:
    try: s.send(b"x")
    except ConnectionRefusedError: pass
    time.sleep(0.01)' &
in_host db nft 'add rule ip count in udp dport 9125 drop'
some() { local before; before=$(arrived); sleep 0.1; [ "$(arrived)" -gt "$before" ]; }
none() { local before; before=$(arrived); sleep 0.1; [ "$(arrived)" = "$before" ]; }
wait_until "statistics arrive" some
enforce "${objects[@]}" "$(policy deny shop '{"podSelector":{"matchLabels":{"app":"db"}}}')"
check "until a policy comes" "$(wait_until "nothing" none && echo none)" none
enforce "${objects[@]}"
check "and after it went" "$(wait_until "something" some && echo some)" some
finish
