#!/bin/bash
# node
# Claim: a proxy that may not change rules, or whose kernel has no nf_tables, ends at once and says what to do.
. "$NETNS_TESTS/lib.sh"
need setpriv strace python3
[ "$(id -u)" = 0 ] || skip "needs root"
list "$(service web 10.96.0.1 TCP 80 0)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
proxy_command web
"${proxy[@]}" --once --healthz-bind-address '' >"$work/may" 2>&1
check "with every right" $? 0
setpriv --bounding-set=-net_admin --inh-caps=-net_admin "${proxy[@]}" --once >"$work/rights" 2>&1
check "without CAP_NET_ADMIN: status" $? 1
check "what it may not" "$(grep -o 'may not change netfilter rules' "$work/rights")" "may not change netfilter rules"
check "what to do" "$(grep -o 'give it CAP_NET_ADMIN' "$work/rights")" "give it CAP_NET_ADMIN"
# A kernel without nf_tables has no such socket.
strace -f -qq -o /dev/null -e trace=socket -e inject=socket:error=EPROTONOSUPPORT:when=1+ "${proxy[@]}" --once >"$work/kernel" 2>&1
check "without nf_tables: status" $? 1
check "its reason" "$(grep -oiE 'nf_tables|netfilter|EPROTONOSUPPORT|93' "$work/kernel" | head -1 | grep -c .)" 1
check "no long story" "$([ "$(wc -l <"$work/kernel")" -le 6 ] && echo yes)" yes
finish
