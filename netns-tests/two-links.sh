# left 172.18.1.0/24 ── node1 .11, node2 .12; right 172.18.2.0/24 ── node3 .13; the router (hub) joins them, and drops and counts
# packets with pods' addresses. Their Nodes are then in ${objects[@]}.
new_host hub
forwarding hub
# Frames between two ports of a bridge are not the router's.
in_host hub sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 2>/dev/null
in_host hub nft -f - <<'NFT'
table inet guard {
    chain forward {
        type filter hook forward priority 0; policy accept;
        ip saddr 10.244.0.0/16 counter drop
        ip daddr 10.244.0.0/16 counter drop
        ip6 saddr fd10:244::/48 counter drop
        ip6 daddr fd10:244::/48 counter drop
    }
}
NFT
# The router may ask for neighbours at once.
in_host hub sysctl -qw net.ipv6.conf.default.accept_dad=0
objects=()
for node in node1 node2 node3; do
    n=$(number $node)
    side=$([ "$n" = 3 ] && echo 2 || echo 1)
    new_host $node
    # A hub has one bridge for each link; both ends of a cable are called eth0 on the nodes.
    in_host hub ip link show br$side >/dev/null 2>&1 || {
        in_host hub ip link add br$side type bridge
        in_host hub ip addr add 172.18.$side.1/24 dev br$side
        in_host hub ip addr add fd18:$side::1/64 dev br$side nodad
        in_host hub ip link set br$side up
    }
    ip -n hub link add p-$node mtu "${link_mtu:-1500}" type veth peer name eth0 mtu "${link_mtu:-1500}" netns $node
    in_host hub ip link set p-$node master br$side up
    neighbours_at_once $node eth0
    in_host $node ip addr add 172.18.$side.1$n/24 dev eth0
    in_host $node ip addr add fd18:$side::1$n/64 dev eth0 nodad
    in_host $node ip link set eth0 up
    in_host $node ip route add default via 172.18.$side.1
    in_host $node ip route add default via fd18:$side::1
    objects+=("$(node_object $node 172.18.$side.1$n fd18:$side::1$n)")
done
