#!/bin/bash
# pod ── node 192.0.2.1, 2001:db8::1 ── outside 192.0.2.9, which knows no route to pods
# Claim: a host that has never forwarded anything does after the first ADD; the pod's MTU is that of the way out; settings are written
# in the pod only; with ipMasq outsiders see the host's address, pods and exceptions the pod's own; IPv6 is ready when ADD returns.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
import re
from cnitest import *

prepare()
pod("outside")
run("ip", "link", "add", "uplink", "mtu", "1380", "type", "veth", "peer", "name", "eth0", "netns", "outside")
run("ip", "link", "set", "eth0", "mtu", "1380", netns="outside")
for where, addresses in [(None, ["192.0.2.1/24", "2001:db8::1/64"]), ("outside", ["192.0.2.9/24", "192.0.2.10/24", "2001:db8::9/64"])]:
    for address in addresses:
        run("ip", "addr", "add", address, "dev", "uplink" if where is None else "eth0", *(["nodad"] if ":" in address else []), netns=where)
    run("ip", "link", "set", "uplink" if where is None else "eth0", "up", netns=where)
run("ip", "route", "add", "default", "via", "192.0.2.9")
run("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
kept = configuration(forwarding=False)
add(kept, id="kept")
check("forwarding stays off when that is wanted", run("sysctl", "-n", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding").split(), ["0", "0"])
delete(kept, id="kept")
answer = add(configuration(), id="a")
check("forwarding", run("sysctl", "-n", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding").split(), ["1", "1"])
mtus = [l["mtu"] for l in json.loads(run("ip", "-json", "link", netns="a")) if l["ifname"] == "eth0"]
check("MTU of the pod", (mtus, [i["mtu"] for i in answer.json["interfaces"]]), ([1380], [1380, 1380]))
check("lo of the pod is up", "UP" in json.loads(run("ip", "-json", "link", "show", "lo", netns="a"))[0]["flags"], True)
check("no address of the pod is tentative", run("ip", "-6", "addr", "show", "tentative", netns="a"), "")
check("  it can be used at once", len(run("ip", "-6", "-o", "addr", "show", "dev", "eth0", netns="a").splitlines()), 2)
server = serve("a", 80)
check("the node reaches it over IPv6", ask(None, answer.addresses(6)[0], 80) != "none", True)
neighbors = [l for l in run("ip", "neigh").splitlines() if "sk" in l and "PERMANENT" not in l and not l.startswith("fe80")]
check("nobody had to ask for a neighbor", neighbors, [])
settings = {"net.core.somaxconn": "1234", "net/ipv4/conf/IFNAME/arp_announce": 2, "net.ipv4.ip_unprivileged_port_start": "80",
            "net.ipv4.ip_local_port_range": "20000 30000"}
node = run("sysctl", "-n", "net.core.somaxconn", "net.ipv4.ip_unprivileged_port_start")
check("settings of the pod", add(configuration(sysctl=settings), id="s").code, 0)
check("  in the pod", run("sysctl", "-n", "net.core.somaxconn", "net.ipv4.conf.eth0.arp_announce", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_port_range", netns="s").split(),
      ["1234", "2", "80", "20000", "30000"])
check("  not of the node", run("sysctl", "-n", "net.core.somaxconn", "net.ipv4.ip_unprivileged_port_start"), node)
check("a setting that the kernel does not know", (add(configuration(sysctl={"net.core.none": "1"}), id="t").code, links("t")), (999, []))

outside = [serve("outside", 80)]
a4, a6 = answer.addresses(4)[0], answer.addresses(6)[0]
check("without ipMasq an outsider sees the pod, and knows no way back", ask("a", "192.0.2.9", 80), "none")
masquerading = configuration(ipMasq=True, ipMasqExcept=["192.0.2.10/32"])
other = add(masquerading, id="b")
check("ADD with ipMasq", (other.code, other.text if other.status else ""), (0, ""))
server2 = serve("b", 80)
check("an outsider sees the host", (ask("b", "192.0.2.9", 80), ask("b", "2001:db8::9", 80)), ("192.0.2.1", "2001:db8::1"))
check("  not so an exception", ask("b", "192.0.2.10", 80), "none")
run("ip", "route", "add", "10.244.1.0/24", "via", "192.0.2.1", netns="outside")
check("  which sees the pod once it knows the way", ask("b", "192.0.2.10", 80), other.addresses(4)[0])
check("pods see pods", (ask("b", a4, 80), ask("b", a6, 80)), (other.addresses(4)[0], other.addresses(6)[0]))
check("the node sees itself", ask(None, other.addresses(4)[0], 80) in ("192.0.2.1", "none"), True)
# But for how long each known sender has still to stay.
rules = lambda: re.sub(r" expires \w+", "", run("nft", "list", "ruleset"))
before = rules()
add(masquerading, id="c")
check("the next pod's ADD writes no rule", rules(), before)
wide = configuration(ipMasq=True, ipMasqExcept=["192.0.2.0/24", "10.244.0.0/16", "fd00::/8", "2001:db8::/32"])
wider = add(wide, id="d")
check("exceptions that hold those of before, and the network's own range", wider.code, 0)
check("  an outsider among them sees the pod", ask("d", "192.0.2.9", 80), wider.addresses(4)[0])
sets = json.loads(run("nft", "-j", "list", "set", "inet", "skiff-cni", "keep4"))["nftables"][1]["set"]["elem"]
check("  the set holds them once", sorted(e["prefix"]["addr"] for e in sets), ["10.244.0.0", "192.0.2.0"])
check("  the narrower network is served as before", add(masquerading, id="e").code, 0)
for s in [server, server2] + outside:
    s.kill(); s.wait()
finish()
PYTHON
