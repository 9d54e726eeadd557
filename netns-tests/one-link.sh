# hub bridge ── node1 .11, node2 .12, node3 .13 of 172.18.0.0/24 and fd18::/64. Their Nodes are then in ${objects[@]}.
new_host hub
objects=()
for node in node1 node2 node3; do
    n=$(number $node)
    new_host $node
    plug $node hub eth0 172.18.0.1$n/24 fd18::1$n/64
    objects+=("$(node_object $node 172.18.0.1$n fd18::1$n)")
done
