"""The Services of objects_server.py as kube-proxy 1.36 writes them, for nft -f: kube_proxy_shape.py SERVICES ENDPOINTS.

A chain with two rules and an anonymous map for each, and elements of two maps; as `upstreamRules` in Benchmarks/ProxyFixture.swift.
"""
import sys

from api_server import address

count, per = int(sys.argv[1]), int(sys.argv[2])
print("""table ip kube-proxy {
 set cluster-ips { type ipv4_addr; }
 map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
 map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
 set hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
 chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
 chain masquerading { meta mark & 0x4000 == 0 return; meta mark set meta mark ^ 0x4000; masquerade fully-random; }
 chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
 chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
 chain cluster-ips-check { ip daddr @cluster-ips reject; }
 chain filter-output { type filter hook output priority 0; ct state new jump service-endpoints-check; ct state new jump cluster-ips-check; }
 chain nat-output { type nat hook output priority -100; jump services; }
 chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
 chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
}""")
for index in range(count):
    virtual, chain = address(10, (96 << 16) + 1 + index), f"service-{index}-default/service-{index}/tcp/http"
    slots = ", ".join(f"{slot} : {address(10, (200 << 16) + index * per + slot)} . 8080" for slot in range(per))
    print(f"add chain ip kube-proxy {chain}\n"
          f"add rule ip kube-proxy {chain} ip daddr {virtual} tcp dport 80 ip saddr != 10.128.0.0/9 jump mark-for-masquerade\n"
          f"add rule ip kube-proxy {chain} meta l4proto tcp dnat ip addr . port to numgen random mod {per} map {{ {slots} }}\n"
          f"add element ip kube-proxy cluster-ips {{ {virtual} }}\n"
          f"add element ip kube-proxy service-ips {{ {virtual} . tcp . 80 : goto {chain} }}")
