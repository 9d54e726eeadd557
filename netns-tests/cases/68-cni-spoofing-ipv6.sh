#!/bin/bash
# node 2001:db8::1
#  ├── podA (also carries addresses that are not its own)
#  └── podB
# Claim: of a pod that has every right in its own namespace, no packet with another's address arrives, IPv6 nor IPv4, whatever the
# host's own reverse path filter says; and its neighbor advertisements move nobody.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need nft
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
import json
import re
from cnitest import *

prepare()
run("ip", "addr", "add", "2001:db8::1/128", "dev", "lo")
run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=2")  # loose: some distributions' default
a, b, c = (add(configuration(), id=name) for name in ("podA", "podB", "podC"))
server = serve("podB", 53, kind="udp")
victim4, victim6 = c.addresses(4)[0], c.addresses(6)[0]
for address in ("fd00:1::999", "2001:db8:99::1", victim6):
    run("ip", "addr", "add", f"{address}/128", "dev", "eth0", "nodad", netns="podA")
for address in ("10.244.1.250", "203.0.113.9", victim4):
    run("ip", "addr", "add", f"{address}/32", "dev", "eth0", netns="podA")


def received():
    lines = run("cat", "/proc/net/snmp6", netns="podB") + run("cat", "/proc/net/snmp", netns="podB")
    six = int(next(l.split()[1] for l in lines.splitlines() if l.startswith("Udp6InDatagrams")))
    four = int([l for l in lines.splitlines() if l.startswith("Udp:")][1].split()[1])
    return six + four


before = received()
for own, target in ((a.addresses(6)[0], b.addresses(6)[0]), (a.addresses(4)[0], b.addresses(4)[0])):
    check("with its own address", ask("podA", target, 53, "udp", own), own)
check("  packets that arrived", received() - before, 2)
# What the rules remember of the victim's own packets is of no use to others.
for own, target in ((victim6, b.addresses(6)[0]), (victim4, b.addresses(4)[0])):
    check("from the other pod", ask("podC", target, 53, "udp", own), own)
remembered = lambda family: set(re.findall(r'"(\w+)" \. (\S+)', run("nft", "list", "set", "inet", "skiff-cni", f"senders{family}")))
ends = json.loads(run("ip", "-json", "link", "show"))
host_end = {id: next(l["ifname"] for l in ends if f"={id}=" in str(l.get("altnames"))) for id in ("podA", "podB", "podC")}
for family in (4, 6):
    own = {(host_end[id], pod.addresses(family)[0]) for id, pod in (("podA", a), ("podB", b), ("podC", c))}
    check(f"senders of IPv{family} that the rules remember", remembered(family), own)
before = received()
for source in ("fd00:1::999", "2001:db8:99::1", victim6):
    check(f"from {source}", ask("podA", b.addresses(6)[0], 53, "udp", source, silence=1), "none")
for source in ("10.244.1.250", "203.0.113.9", victim4):
    check(f"from {source}", ask("podA", b.addresses(4)[0], 53, "udp", source, silence=1), "none")
check("  packets that arrived", received() - before, 0)
advertisement = """
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
for target in ("fe80::1", "%s"):
    body = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + socket.inet_pton(socket.AF_INET6, target) + b"\\x02\\x01\\x02\\0\\0\\0\\0\\x66"
    try: s.sendto(body, ("fe80::1%%eth0", 0)); s.sendto(body, ("ff02::1%%eth0", 0))
    except OSError as error: print(error)
""" % victim6
run("python3", "-c", advertisement, netns="podA")
for family in (4, 6):
    check(f"senders of IPv{family} that the rules remember after all that", len(remembered(family)), 3)
neighbors = [l for l in run("ip", "neigh").splitlines() if "02:00:00:00:00:66" in l]
check("neighbors that an advertisement moved", neighbors, [])
check("  the victim still answers", ask(None, victim6, 9, "udp") in ("none",) and c.code == 0, True)
server.kill(); server.wait()
finish()
PYTHON
