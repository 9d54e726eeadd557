#!/bin/bash
# node ── pod, attached in every version of the specification
# Claim: the result has the shape of the configuration's version, runtimes find the pod's addresses in it, and DEL needs no result at
# all, nor the network under its old name.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
pod("c1")
run("ip", "link", "add", "uplink", "mtu", "1400", "type", "veth", "peer", "name", "far")
for link in ("uplink", "far"):
    run("ip", "link", "set", link, "up")
run("ip", "addr", "add", "192.0.2.9/24", "dev", "uplink")
run("ip", "route", "add", "default", "via", "192.0.2.1")


def shape(value):
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


route4, route6 = {"dst": "str", "gw": "str"}, {"dst": "str", "gw": "str"}
legacy = {"gateway": "str", "ip": "str", "routes": [route4]}
for version in ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"):
    answer = call("ADD", configuration(version=version))
    if version < "0.3.0":
        expected = {"cniVersion": "str", "dns": {}, "ip4": legacy, "ip6": legacy}
    else:
        ip = {"address": "str", "gateway": "str", "interface": "int"} | ({"version": "str"} if version < "1.0.0" else {})
        mtu = {"mtu": "int"} if version >= "1.1.0" else {}
        expected = {
            "cniVersion": "str", "dns": {}, "ips": [ip, ip], "routes": [route4, route6],
            "interfaces": [{"mac": "str", "name": "str"} | mtu, {"mac": "str", "name": "str", "sandbox": "str"} | mtu]}
    check(f"{version}: its shape", shape(answer.json), {k: expected[k] for k in sorted(expected)})
    check(f"{version}: says so", answer.json["cniVersion"], version)
    if version >= "0.3.0":
        inside = answer.json["interfaces"][answer.json["ips"][0]["interface"]]
        check(f"{version}: the pod's interface", (inside["name"], inside["sandbox"]), ("eth0", "/run/netns/c1"))
        macs = [l["address"] for l in json.loads(run("ip", "-json", "link", netns="c1")) if l["ifname"] == "eth0"]
        check(f"{version}: its MAC", inside["mac"], macs[0])
    if "mtu" in expected.get("interfaces", [{}])[0]:
        check("MTU of the interface that leads out", inside["mtu"], 1400)
    check(f"{version}: DEL", delete(configuration(version=version)).code, 0)
answer = call("ADD", {k: v for k, v in configuration().items() if k != "cniVersion"})
check("no version is the first", (answer.json["cniVersion"], sorted(answer.json)), ("0.1.0", ["cniVersion", "dns", "ip4", "ip6"]))
delete()

dns = {"nameservers": ["192.0.2.53"], "search": ["a"], "options": ["ndots:5"]}
check("names from the configuration", call("ADD", configuration(dns=dns)).json["dns"], dns)
delete()
given = {"Servers": ["10.96.0.10"], "Searches": ["default.svc.cluster.local"], "Options": ["ndots:2"]}
check("names from the runtime win", call("ADD", configuration(dns=dns, runtimeConfig={"dns": given})).json["dns"],
      {"nameservers": ["10.96.0.10"], "search": ["default.svc.cluster.local"], "options": ["ndots:2"]})
delete()

previous = call("ADD").json
delete()
older = call("ADD", configuration(version="0.2.0")).json
for what, result, conf in [
    ("without a result", None, configuration()), ("with the result", previous, configuration()),
    ("with an older version's result", older, configuration(version="0.4.0")), ("with a broken result", {"ips": 1}, configuration()),
    ("with another type of result", [], configuration()), ("after the range changed", previous, configuration(["10.99.0.0/24"])),
    ("after the range went", previous, configuration([])), ("with a range that is none", previous, configuration(["x"])),
    ("with an MTU that is none", previous, configuration(mtu="x")),
    ("with a runtime's nonsense", previous, configuration(runtimeConfig={"portMappings": "x", "ips": 1, "mac": 1})),
    ("with unknown arguments", previous, configuration()),
]:
    call("ADD")
    given = dict(conf, prevResult=result) if result is not None else conf
    args = {"CNI_ARGS": "FOO=BAR;x"} if "arguments" in what else {}
    check(f"DEL {what}", (delete(given, **args).code, traces()), (0, []))
for namespace in ("/run/netns/c1", "", "/run/netns/gone", "/etc/hostname"):
    call("ADD")
    check(f"DEL with CNI_NETNS={namespace!r}", (delete(netns=namespace).code, traces(), links("c1")), (0, [], []))
    check("  and again", delete(netns=namespace).code, 0)
    check("  and for a container that never was", delete(id="never", netns=namespace).code, 0)
renamed = call("ADD")
check("DEL under a new network name leaves the old one's link", (delete(configuration(name="other")).code, len(links("c1"))), (0, 1))
check("  which goes with the namespace", (drop("c1"), wait_until("no link", lambda: not traces()), traces())[2], [])
finish()
PYTHON
