#!/bin/bash
# node ── podA (eth0 of "one", eth1 of "two") and podB (eth0 of "two")
# Claim: two independent networks live on one node: each has its own addresses, attachments and garbage, pods of both reach each other,
# and a pod with both keeps its first default route.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
one = configuration(["10.1.0.0/24", "fd01::/64"], name="one")
two = configuration(["10.2.0.0/24", "fd02::/64"], name="two")
a, b = add(one, id="podA"), add(two, id="podB")
check("a pod in each", (a.code, b.code), (0, 0))
servers = [serve("podA", 80), serve("podB", 80)]
for family in (4, 6):
    check(f"IPv{family} from one to the other", ask("podA", b.addresses(family)[0], 80), a.addresses(family)[0])
    check("  and back", ask("podB", a.addresses(family)[0], 80), b.addresses(family)[0])
second = call("ADD", two, id="podA", interface="eth1")
check("the second network for the first pod", second.code, 0)
for family in (4, 6):
    check(f"  IPv{family} leaves by the first", "dev eth0" in run("ip", "route", "get", {4: "198.51.100.1", 6: "2001:db8::1"}[family], netns="podA"), True)
    check("  its second address is reached", ask("podB", second.addresses(family)[0], 80), b.addresses(family)[0])
    check("  and leaves by its own interface", "dev eth1" in run("ip", "route", "get", b.addresses(family)[0], "from", second.addresses(family)[0], netns="podA"), True)
check("CHECK of both", [call("CHECK", conf | {"prevResult": result.json}, id="podA", interface=name).code
                        for conf, result, name in [(one, a, "eth0"), (two, second, "eth1")]], [0, 0])
only = configuration(["10.3.0.0/24"], name="three", routes=[{"dst": "10.3.0.0/16"}, {"dst": "192.0.2.0/24"}])
third = call("ADD", only, id="podA", interface="eth2")
check("a network with routes of its own", [r["dst"] for r in third.json["routes"]], ["10.3.0.0/16", "192.0.2.0/24"])
check("  leads only there", sorted(l.split()[0] for l in run("ip", "route", "show", "dev", "eth2", netns="podA").splitlines()), ["10.3.0.0/16", "192.0.2.0/24"])
check("  CHECK", call("CHECK", only | {"prevResult": third.json}, id="podA", interface="eth2").code, 0)
run("ip", "route", "del", "192.0.2.0/24", "dev", "eth2", netns="podA")
check("  CHECK without one of them", call("CHECK", only | {"prevResult": third.json}, id="podA", interface="eth2").code, 999)
before = len(links())
check("GC of one leaves two", (call("GC", one | {"cni.dev/valid-attachments": []}, netns="").code, links("podA"), links("podB")), (0, ["eth1", "eth2"], ["eth0"]))
check("DEL in one of what two has", (delete(one, id="podB").code, links("podB")), (0, ["eth0"]))
check("DEL in each", (delete(two, id="podB").code, delete(two, id="podA", interface="eth1").code, delete(only, id="podA", interface="eth2").code, traces()), (0, 0, 0, []))
check("no rule is left in the pod", [run("ip", family, "rule", netns="podA").count("lookup") for family in ("-4", "-6")], [3, 2])
same = configuration(["10.1.0.0/24"], name="overlapping")
first = call("ADD", one, id="podA", CNI_ARGS="IP=10.1.0.9")
check("the same address in another network's range", call("ADD", same, id="podB", CNI_ARGS="IP=10.1.0.9").code, 999)
for server in servers:
    server.kill(); server.wait()
finish()
PYTHON
