#!/bin/bash
# left ── node1, node2; right ── node3; a router between (two-links.sh); node1 is examined
# Claim: skiff doctor finds nothing on a node in order, and names each fault that is put into it: forwarding, reverse path, routes,
# tunnel, foreign rules, plugin, configuration, a path that takes fewer bytes, a pod's lost route and a link of nobody.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
[ "$(id -u)" = 0 ] || skip "needs root"
prepare_nodes
. "$NETNS_TESTS/two-links.sh"
list "${objects[@]}" | objects cluster
for node in node1 node2 node3; do routes_once $node cluster; done
node_pod node1 pod1
proxy_table="nft add table ip skiff-proxy; nft add chain ip skiff-proxy nat-prerouting '{ type nat hook prerouting priority -100; }'"
in_host node1 sh -c "$proxy_table"
mkdir -p "$work/bin"
cp "$plugin" "$work/bin/skiff-cni" && ln -s skiff-cni "$work/bin/loopback"
# doctor [FLAG...]: lines "check level", sorted, without what is in order or skipped. Nodes come from the file of the case.
doctor() {
    in_host node1 "$routes_program" doctor --local --node-name node1 --objects "$work/cluster.json" --cni-conf-dir "$work/net.d-node1" \
        --cni-bin-dir "$work/bin" --runtime-socket "" -o json "$@" >"$work/doctor.json" 2>"$work/doctor.err"
    echo $? >"$work/doctor.status"
    python3 -c '
import json, sys
found = json.load(open(sys.argv[1]))["nodes"][0]["findings"]
print(*sorted({"%s %s" % (f["check"], f["level"]) for f in found if f["level"] in ("error", "warning")}), sep=",")
assert all(f.get("remedy") for f in found if f["level"] in ("error", "warning")), found' "$work/doctor.json" || cat "$work/doctor.err"
}
check "a node in order" "$(doctor)" ""
check "and the status says so" "$(cat "$work/doctor.status")" 0
# fault EXPECTED DO UNDO: the two are commands for node1's shell.
fault() {
    say "$2"
    in_host node1 sh -c "$2"
    check "found: $1" "$(doctor)" "$1"
    in_host node1 sh -c "$3"
}
fault "forwarding error" "sysctl -qw net.ipv4.ip_forward=0" "sysctl -qw net.ipv4.ip_forward=1"
fault "forwarding error" "sysctl -qw net.ipv6.conf.all.forwarding=0" "sysctl -qw net.ipv6.conf.all.forwarding=1"
fault "rp_filter warning" "sysctl -qw net.ipv4.conf.eth0.rp_filter=1" "sysctl -qw net.ipv4.conf.eth0.rp_filter=0"
fault "routes error" "ip route del 10.244.2.0/24" "ip route add 10.244.2.0/24 via 172.18.1.12 proto 202"
fault "routes warning" "ip route add 10.244.3.128/25 via 172.18.1.1" "ip route del 10.244.3.128/25"
fault "path warning,tunnel error" "bridge fdb del 0a:53:ac:12:02:0d dev skiff-vx4" "bridge fdb add 0a:53:ac:12:02:0d dst 172.18.2.13 dev skiff-vx4 permanent"
fault "rules error" "nft -f - <<N
table inet foreign { chain forward { type filter hook forward priority 0; policy drop; accept; }; }
N" "nft delete table inet foreign"
fault "rules warning" "nft -f - <<N
table inet foreign { chain input { type filter hook input priority 0; policy drop; accept; }; }
N" "nft delete table inet foreign"
fault "services warning" "nft delete table ip skiff-proxy" "$proxy_table"
fault "plugin error" "chmod -x $work/bin/skiff-cni" "chmod +x $work/bin/skiff-cni"
fault "configuration error" "echo '{' >$work/net.d-node1/05-broken.conflist" "rm $work/net.d-node1/05-broken.conflist"
fault "configuration warning" "echo '{\"name\":\"x\",\"plugins\":[{\"type\":\"loopback\"}]}' >$work/net.d-node1/05-other.conflist" "rm $work/net.d-node1/05-other.conflist"
fault "pods error" "ip link set $(host_link pod1) down" "ip link set $(host_link pod1) up; ip route add $(address pod1 4) dev $(host_link pod1) proto 201"
in_host hub nft -f - <<'N'
table inet wall { chain forward { type filter hook forward priority 0; policy accept; udp dport 4789 drop; }; }
N
check "found: a firewall between the nodes" "$(doctor)" "path warning"
check "and the remedy names the port" "$(grep -c 'UDP 4789 pass' "$work/doctor.json")" 1
in_host hub nft delete table inet wall
say "the router's other side takes 1400 bytes only"
in_host hub ip link set br2 mtu 1400
# The first packet brings the router's word, later ones are refused by node1 itself.
check "found: a path that takes fewer bytes" "$(doctor | tr , '\n' | grep -o path)" path
in_host hub ip link set br2 mtu 1500
in_host node1 ip route flush cache; in_host node1 ip -6 route flush cache
check "status of a run that finds errors" "$(in_host node1 sysctl -qw net.ipv4.ip_forward=0; doctor >/dev/null; cat "$work/doctor.status"; in_host node1 sysctl -qw net.ipv4.ip_forward=1)" 1
finish
