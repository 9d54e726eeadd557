#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1, pod2
#                                    └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: what a change of rules does to flows that exist, in both families. UDP follows its Service: to another endpoint, to none, from before the
# first one; flows of others stay. TCP connections live on, whatever happens to their endpoint's readiness or to source ranges, and meet no rule.
. "$NETNS_TESTS/lib.sh"
topology6
. "$NETNS_TESTS/families.sh"
sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600 net.netfilter.nf_conntrack_udp_timeout_stream=600
# UDP answers take their source from the route: to the node they leave with the pod address too.
in_host remote ip -6 route add fd00:50::1/128 dev eth0 src fd00:10:2::2
for host in pod1 pod2; do echo_server $host 7000; done
api_start
world() { for family in 4 6; do "$@"; done | { mapfile -t lines; list "${lines[@]}"; } | api_objects; }
udp() { # HOST...: the endpoints of a UDP Service at a cluster IP and a node port
    object dns 1 "\"type\": \"NodePort\", \"ports\": [$(port 53 30053 UDP)]"
    slice_ends dns 1 '{"name": "", "protocol": "UDP", "port": 8080}' "$@"
}
# flow HOST ADDRESS PORT: asks from source port 4000, so that every question belongs to one flow.
flow() { in_host "$1" python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1); s.bind(('', 4000)); s.sendto(b'?', (sys.argv[1], int(sys.argv[2])))
try: print(s.recv(100).decode().split()[0])
except OSError: print('nobody')" "$2" "$3"; }
flows() { echo "$(flow pod1 "$(vip 1)" 53) $(flow client "$(at node)" 30053) $(flow client "$(vip 1)" 53)"; }
both() { for family in 4 6; do becomes "IPv$family: $1" "$2" "${@:3}"; done; }
# A stranger's flow to the number of the node port, at an address that is none of the node's.
in_host remote python3 "$NETNS_TESTS/answer.py" stranger 30053 &
wait_until "the stranger" prints stranger flow client "$(family=4; at remote)" 30053
state() { udp "$@"; }
world state pod2
live_proxy --conntrack-udp-timeout 600s --conntrack-udp-timeout-stream 600s
both "UDP" "pod2 pod2 pod2" flows
for family in 4 6; do flow client "$(at remote)" 30053 >/dev/null; done
entries() { grep -c "dst=$(python3 -c 'import ipaddress, sys; print(ipaddress.ip_address(sys.argv[1]).exploded)' "$(at remote)") sport=4000 dport=30053 " /proc/net/nf_conntrack; }
before=$(for family in 4 6; do entries; done)
world state remote
both "its endpoint was replaced" "remote remote remote" flows
check "a stranger's flows to that number" "$(for family in 4 6; do entries; done)" "$before"
world state
both "no endpoint any more" "nobody nobody nobody" flows
world state pod2
both "one again, for flows that began without" "pod2 pod2 pod2" flows
world state pod2:serving
both "it ends and serves: flows stay" "pod2 pod2 pod2" flows

# TCP.
tcp() { # HOST...
    object echo 2 "\"type\": \"LoadBalancer\", \"ports\": [$(port 80 30080)]" "\"loadBalancer\": {\"ingress\": [{\"ip\": \"$(outer 2)\"}]}"
    ends echo 7000 "$@"
}
ranged() { # PREFIX HOST...
    object echo 2 "\"type\": \"LoadBalancer\", \"loadBalancerSourceRanges\": [\"$1\"], \"ports\": [$(port 80 30080)]" "\"loadBalancer\": {\"ingress\": [{\"ip\": \"$(outer 2)\"}]}"
    ends echo 7000 "${@:2}"
}
world tcp pod2
for family in 4 6; do
    connects() { in_host "$1" python3 -c 'import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 2); s.sendall(b"x"); print(s.recv(9).decode())' "$2" "$3" 2>&1 | tail -1; }
    becomes "IPv$family: a connection" x connects pod1 "$(vip 2)" 80
    hold "pod$family" pod1 "$(vip 2)" 80
    hold "client$family" client "$(outer 2)" 80
    hold "port$family" client "$(at node)" 30080
done
alive() { for family in 4 6; do for name in pod client port; do proven "$1: held by the $name" "$(held $name$family)" "still there"; done; done; }
world tcp pod2:not-ready
for family in 4 6; do becomes "IPv$family: not ready" refused ask pod1 tcp "$(vip 2)" 80; done
alive "not ready"
world tcp pod1
for family in 4 6; do becomes "IPv$family: another endpoint" x connects client "$(vip 2)" 80; done
alive "left its slice"
state() { ranged "$([ $family = 4 ] && echo 198.51.100.0/24 || echo 2001:db8::/32)" pod1; }
world state
for family in 4 6; do
    becomes "IPv$family: the source range closes" 1 bash -c "nft list set ip$([ $family = 6 ] && echo 6) skiff-proxy source-ranges | grep -c '$([ $family = 4 ] && echo 198.51.100.0/24 || echo 2001:db8::/32)'"
    silent "a new connection from outside the range" client tcp "$(outer 2)" 80
done
silence
alive "the range does not hold them"

# An established connection meets no rule of ours: whatever it sends, the rules count one packet.
kill $proxy_pid
wait $proxy_pid 2>/dev/null
for family in 4 6; do { object one 3 "\"type\": \"ClusterIP\", \"ports\": [$(port 8888)]"; ends one 7000 pod2; } ; done | { mapfile -t lines; list "${lines[@]}"; } | objects one
proxy_once one "${ranges[@]}"
for family in 4 6; do
    table="ip$([ $family = 6 ] && echo 6) skiff-proxy"
    for chain in nat-prerouting nat-postrouting; do nft insert rule $table $chain tcp dport '{ 8888, 7000 }' counter; done
    in_host pod1 python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[1], 8888), 5)
for _ in range(100):
    s.sendall(b"x"); s.recv(9)' "$(vip 3)"
    for chain in nat-prerouting nat-postrouting; do
        proven "packets of a long connection in $chain" "$(nft list chain $table $chain | grep 8888 | grep -o 'packets [0-9]*')" "packets 1"
    done
done
finish
