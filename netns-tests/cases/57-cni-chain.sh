#!/bin/bash
# client 192.0.2.9 ── node 192.0.2.1 ── pod
# Claim: in a chain with Debian's plugins before and after it, run as the specification's library runs chains, every plugin gets what
# it needs, CHECK is content, and DEL takes everything away, also after a later plugin failed.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
[ -x /usr/lib/cni/portmap ] || skip "no reference plugins: apt-get install containernetworking-plugins"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
pod("client")
run("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", "client")
run("ip", "addr", "add", "192.0.2.1/24", "dev", "uplink")
run("ip", "link", "set", "uplink", "up")
run("ip", "addr", "add", "192.0.2.9/24", "dev", "eth0", netns="client")
run("ip", "link", "set", "eth0", "up", netns="client")
run("ip", "route", "add", "default", "via", "192.0.2.1", netns="client")
ours = {"type": "skiff-cni", "podCIDRs": ["10.244.1.0/24", "fd00:1::/64"]}
tuning = {"type": "tuning", "sysctl": {"net.core.somaxconn": "777"}, "mtu": 1380}
portmap = {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True}
bandwidth = {"type": "bandwidth", "capabilities": {"bandwidth": True}}
firewall = {"type": "firewall", "backend": "iptables"}
offered = {
    "portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
    "bandwidth": {"ingressRate": 80000000, "ingressBurst": 800000, "egressRate": 80000000, "egressBurst": 800000}}
for version in ("0.4.0", "1.0.0"):
    for what, plugins in [
        ("loopback before", [{"type": "loopback"}, ours]), ("tuning after", [ours, tuning]), ("portmap after", [ours, portmap]),
        ("bandwidth after", [ours, bandwidth]), ("firewall after", [ours, firewall]),
        ("all of them", [{"type": "loopback"}, ours, tuning, portmap, bandwidth, firewall]),
    ]:
        pod("c1")
        chain = Chain("skiff", plugins, version)
        answer = chain.add("c1", **offered)
        check(f"{version}, {what}: ADD", (answer.code, answer.text if answer.status else ""), (0, ""))
        names = [(i["name"], bool(i.get("sandbox"))) for i in chain.result["interfaces"]]
        holds("  the result names the pod's interface", ("eth0", True) in names)
        # portmap 1.1.1 looks for its rules of IPv4 in the table of IPv6 too, and never finds them.
        answer = chain.check("c1", besides="portmap", **offered)
        check("  CHECK", (answer.code, answer.text if answer.status else ""), (0, ""))
        server = serve("c1", 80, "pod")
        check("  node to pod", ask(None, [i["address"].split("/")[0] for i in chain.result["ips"] if "." in i["address"] and not i["address"].startswith("127")][0], 80), "pod")
        if portmap in plugins:
            check("  client to host port", ask("client", "192.0.2.1", 8080), "pod")
        if tuning in plugins:
            check("  the setting", run("sysctl", "-n", "net.core.somaxconn", netns="c1").strip(), "777")
        server.kill()
        server.wait()
        check("  DEL", chain.delete("c1", **offered), [0] * len(plugins))
        check("  and again, without result and namespace", chain.delete("c1", previous=False, netns="", **offered)[-1 if plugins[0]["type"] == "skiff-cni" else -2], 0)
        check("  nothing is left", (traces(), [l for l in links() if l != "uplink"], links("c1")), ([], [], []))
        drop("c1")

pod("c1")
chain = Chain("skiff", [ours, {"type": "tuning", "sysctl": {"net.core.no_such_setting": "1"}}])
holds("a later plugin fails", chain.add("c1").status != 0)
check("  DEL without a result", chain.delete("c1", previous=False)[-1], 0)
check("  nothing is left", (traces(), links("c1")), ([], []))

behind = {"type": "skiff-cni", "capabilities": {"portMappings": True, "bandwidth": True}}
ptp = {"type": "ptp", "ipam": {"type": "host-local", "dataDir": work, "ranges": [[{"subnet": "10.7.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
chain = Chain("mixed", [ptp, behind])
answer = chain.add("c1", **offered)
check("behind ptp: ADD", (answer.code, answer.text if answer.status else ""), (0, ""))
check("  hands the result on", [i["name"] for i in chain.result["interfaces"] if i.get("sandbox")], ["eth0"])
server = serve("c1", 80, "pod")
check("  its host port leads to the pod", ask("client", "192.0.2.1", 8080), "pod")
server.kill()
server.wait()
check("  CHECK", chain.check("c1", **offered).code, 0)
shaped = [l for l in run("tc", "qdisc").splitlines() if "tbf" in l]
check("  both directions are shaped", len(shaped), 2)
check("  DEL", chain.delete("c1", **offered), [0, 0])
check("  nothing is left", (traces(), [l for l in links() if l != "uplink"]), ([], []))
finish()
PYTHON
