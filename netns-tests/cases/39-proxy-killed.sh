#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1, pod2
#                                    └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: a proxy that is killed at any of its messages to the kernel leaves the rules of before or those of after, and the next start makes them
# right; a message that fails, or a listing that is cut short, does the same. Strangers that commit meanwhile do not keep it from its end.
. "$NETNS_TESTS/lib.sh"
topology6
. "$NETNS_TESTS/families.sh"
need strace
for state in old new; do
    for family in 4 6; do
        object web 1 "\"type\": \"NodePort\", \"ports\": [$(port 80 30080)]"
        if [ $state = old ]; then ends web 8080 pod1; else ends web 8080 pod2; fi
        object extra-$state $([ $state = old ] && echo 2 || echo 3) "\"type\": \"ClusterIP\", \"sessionAffinity\": \"ClientIP\", \"sessionAffinityConfig\": {\"clientIP\": {\"timeoutSeconds\": $([ $state = old ] && echo 50 || echo 70)}}, \"ports\": [$(port 80)]"
        ends extra-$state 8080 remote
    done | { mapfile -t lines; list "${lines[@]}"; } | objects $state
done
# Chains and elements in an order of their own, without handles and counts.
rules() {
    nft -j list table "$1" skiff-proxy | python3 -c '
import json, sys, zlib
def plain(value):
    if isinstance(value, dict): return {key: plain(one) for key, one in value.items() if key not in ("handle", "counter", "index")}
    return [plain(one) for one in value] if isinstance(value, list) else value
lines = []
for item in plain(json.load(sys.stdin)["nftables"]):
    for kind, one in item.items():
        if kind == "metainfo": continue
        if "elem" in one: one["elem"] = sorted(one["elem"], key=json.dumps)
        lines.append((one.get("chain") or one["name"], kind, json.dumps(one, sort_keys=True)))
lines.sort(key=lambda line: line[:2])  # the rules of a chain stay in their order
print(zlib.crc32(repr(lines).encode()))'
}
for state in new old; do
    "$SKIFF_BIN/skiff" proxy --cleanup
    proxy_once $state "${ranges[@]}"
    for table in ip ip6; do declare "$state$table=$(rules $table)"; done
done
# start WHAT [STRACE-FLAG...]: one run that writes the new rules, disturbed.
disturbed() { proxy_command new; strace -f -qq -o "$work/strace" "$@" "${proxy[@]}" --once "${ranges[@]}" >"$work/disturbed" 2>&1; }
disturbed -e trace=sendto
# strace counts in each thread by itself: what is counted here is the one that writes.
messages=$(awk '{ count[$1]++ } END { for (thread in count) if (count[thread] > most) most = count[thread]; print most }' "$work/strace")
check "messages to the kernel are counted" "$([ "$messages" -ge 10 ] && echo yes)" yes
allowed() { # each table is one of the two
    for table in ip ip6; do
        local now old=old$table new=new$table
        now=$(rules $table)
        [ "$now" = "${!old}" ] || [ "$now" = "${!new}" ] || { echo "neither, in $table"; return; }
    done
    echo yes
}
changed() { for table in ip ip6; do local new=new$table; [ "$(rules $table)" = "${!new}" ] || { echo "not in $table"; return; }; done; echo yes; }
broken=() unmended=() states=()
# Every message of the end, where the commits are, and some of the many before.
for number in $(seq 1 $((messages / 8 + 1)) $((messages - 10))) $(seq $((messages - 9)) "$messages"); do
    proxy_once old "${ranges[@]}" >/dev/null 2>&1
    disturbed -e trace=sendto -e inject=sendto:signal=KILL:when="$number"
    [ "$(allowed)" = yes ] || broken+=("$number")
    [ "$(changed)" = yes ] && states+=(new) || states+=(old)
    proxy_once new "${ranges[@]}" >/dev/null 2>&1
    [ "$(changed)" = yes ] || unmended+=("$number")
done
check "killed at its messages: neither old nor new" "${broken[*]}" ""
check "not made right by the next start" "${unmended[*]}" ""
check "killed before and after the change" "$(printf "%s\n" "${states[@]}" | sort -u | tr "\n" " ")" "new old "
for family in 4 6; do proven "a pod through the rules" "$(who pod1 tcp "$(vip 1)" 80 5)" pod2; done

# A message that fails is a failed sync, not a wrong one; a call that is interrupted, or an answer that is lost, is tried again or told.
for fault in sendto:error=EINTR:when=5 recvfrom:error=EINTR:when=7 recvfrom:error=ENOBUFS:when=9 sendto:error=EPERM:when="$((messages - 2))" \
    sendto:error=ENOBUFS:when="$((messages - 1))"; do
    proxy_once old "${ranges[@]}" >/dev/null 2>&1
    disturbed -e trace="${fault%%:*}" -e inject="$fault"
    check "$fault: old or new" "$(allowed)" yes
    proxy_once new "${ranges[@]}" >/dev/null 2>&1
    check "$fault: the next start" "$(changed)" yes
done

# Strangers commit meanwhile: each of their commits between a comparison and its transaction makes the proxy compare again.
(while [ ! -e "$work/quiet" ]; do nft add table ip stranger; nft delete table ip stranger; sleep 0.5; done) >/dev/null 2>&1 &
proxy_start new --no-own-tables "${ranges[@]}"
synced() { grep -o -m 1 'synced rules' "$work/proxy.log"; }
becomes "a sync among strangers" "synced rules" synced
nft flush chain ip skiff-proxy dispatch
becomes "repaired among strangers" yes changed
touch "$work/quiet"
finish
