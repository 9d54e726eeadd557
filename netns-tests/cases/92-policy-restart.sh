#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other), and PODS (200) more pods with interfaces of their own
# Claim: with 200 pods on the node, enforcers that are killed or asked to end and start again break no open connection, open no window
# for what is denied, and change no rule.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{}')" "$(namespace other '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')"
    "$(pod guest 12 other '{"app":"guest"}')")
last=$((255 + ${PODS:-200}))
for number in $(seq 256 $last); do
    end=$(host_end $number)
    echo "link add $end type veth peer name peer$number"
    echo "link property add dev $end altname pod=uid-p$number=x"
    echo "link set $end up"
    objects+=("$(pod p$number $number shop '{"app":"crowd","n":"'$((number % 5))'"}')")
done >"$work/links"
run ip -batch "$work/links"
label=$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}')
crowd=$(policy crowd shop '{"podSelector":{"matchLabels":{"app":"crowd"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"n":"1"}}}]}]}')
enforce "${objects[@]}" "$label" "$crowd"
expect "allowed" web tcp 10.244.1.11 80 db
expect "denied" guest tcp 10.244.1.11 80 denied
wait_until "every pod's element" eval '[ "$(nft list map ip skiff-policy pod-ingress | grep -o goto | wc -l)" -ge '$((${PODS:-200} + 3))' ]'

# An open connection, and datagrams that must not arrive, through all of it.
mkfifo "$work/in" "$work/out"
in_host web python3 "$NETNS_TESTS/policy_ask.py" hold tcp 10.244.1.11 80 <"$work/in" >"$work/out" &
exec 7>"$work/in" 8<"$work/out"
talk() { echo "$1" >&7; read -r -t 60 answer <&8; echo "$answer"; }
read -r answer <&8
check "a connection" "$answer" db
in_host db nft -f - <<'NFT'
table ip count {
    chain in {
        type filter hook input priority 0
        udp dport 81 counter
    }
}
NFT
arrived() { in_host db nft list table ip count | grep -o 'packets [0-9]*' | cut -d' ' -f2; }
cat >"$work/knock.py" <<'PY'
import os, socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sent = 0
while not os.path.exists(sys.argv[1] + ".stop"):
    try: out.sendto(b"?", ("10.244.1.11", 81))
    except OSError: pass
    sent += 1
    with open(sys.argv[1] + ".new", "w") as file: file.write(str(sent))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    time.sleep(0.001)
PY
in_host guest python3 "$work/knock.py" "$work/sent" &
wait_until "datagrams are sent" test -s "$work/sent"
monitor_start
# knocks: twenty more datagrams are sent.
sent_more() { local now; now=$(cat "$work/sent"); [ -n "$now" ] && [ "$now" -ge "$1" ]; }
knocks() { local now; now=$(cat "$work/sent"); wait_until "datagrams $1" sent_more $((now + 20)); }
for signal in KILL TERM KILL; do
    run kill -$signal $policy_pid
    wait $policy_pid 2>/dev/null
    check "the connection without an enforcer" "$(talk "gone $signal")" "gone $signal"
    knocks "without an enforcer"
    unset policy_pid
    enforce "${objects[@]}" "$label" "$crowd"
    check "the connection with a new one" "$(talk "back $signal")" "back $signal"
    expect "a new connection" web tcp 10.244.1.11 80 db
    knocks "with a new one"
done
touch "$work/sent.stop"
check "denied datagrams that arrived" "$(arrived)" 0
monitor_end
# Each enforcer takes the tables for its own; that is no change of rules.
check "changes of rules" "$(grep -v '^add table ip6\? skiff-policy' "$work/events" | tee -a /dev/stderr | wc -l)" 0
finish
