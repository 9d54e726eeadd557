#!/bin/bash
# client 192.0.2.9, 2001:db8::9 ── node 192.0.2.1, 192.0.2.2, 2001:db8::1 ── web, other
# Claim: a host port leads to its pod and nowhere else, by address, protocol and family; servers see the client's own address; the
# port goes with its pod, and what a pod left that ended without DEL is taken over.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need nft
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
pod("client")
run("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", "client")
for address in ("192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64"):
    run("ip", "addr", "add", address, "dev", "uplink", *(["nodad"] if ":" in address else []))
run("ip", "link", "set", "uplink", "up")
for address in ("192.0.2.9/24", "2001:db8::9/64"):
    run("ip", "addr", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []), netns="client")
run("ip", "link", "set", "eth0", "up", netns="client")
# The client knows no route to pods: only what the node translates can reach them, and answers must be translated back.


def conf(*mappings, **members):
    return configuration(runtimeConfig={"portMappings": list(mappings)}, **members)


def port(host, container, protocol="tcp", address=""):
    return {"hostPort": host, "containerPort": container, "protocol": protocol, "hostIP": address}


mappings = [port(8080, 80), port(8053, 53, "udp"), port(8081, 80, address="192.0.2.2"), port(8082, 80, address="127.0.0.1"),
            port(8083, 80, address="0.0.0.0"), port(8084, 80, address="::"), port(8085, 80, address="2001:db8::1")]
web = conf(*mappings)
answer = add(web, id="web")
check("ADD with seven mappings", (answer.code, answer.text if answer.status else ""), (0, ""))
four, six = answer.addresses(4)[0], answer.addresses(6)[0]
add(configuration(), id="other")
servers = [serve("web", 80), serve("web", 53, kind="udp")]
CLIENT4, CLIENT6 = "192.0.2.9", "2001:db8::9"
for what, netns, address, number, kind, expected in [
    ("from outside", "client", "192.0.2.1", 8080, "tcp", CLIENT4), ("  at another address", "client", "192.0.2.2", 8080, "tcp", CLIENT4),
    ("  IPv6", "client", "2001:db8::1", 8080, "tcp", CLIENT6), ("  UDP", "client", "192.0.2.1", 8053, "udp", CLIENT4),
    ("  UDP over IPv6", "client", "2001:db8::1", 8053, "udp", CLIENT6), ("  the UDP port is none of TCP", "client", "192.0.2.1", 8053, "tcp", "none"),
    ("  the pod's own port is none of the host", "client", "192.0.2.1", 80, "tcp", "none"),
    ("one address only", "client", "192.0.2.2", 8081, "tcp", CLIENT4), ("  not the other", "client", "192.0.2.1", 8081, "tcp", "none"),
    ("  not IPv6", "client", "2001:db8::1", 8081, "tcp", "none"),
    ("0.0.0.0", "client", "192.0.2.1", 8083, "tcp", CLIENT4), ("  not IPv6", "client", "2001:db8::1", 8083, "tcp", "none"),
    ("::", "client", "2001:db8::1", 8084, "tcp", CLIENT6), ("  not IPv4", "client", "192.0.2.1", 8084, "tcp", "none"),
    ("an IPv6 address", "client", "2001:db8::1", 8085, "tcp", CLIENT6),
    ("127.0.0.1 is not for others", "client", "192.0.2.1", 8082, "tcp", "none"),
    ("from another pod", "other", "192.0.2.1", 8080, "tcp", "other"), ("  IPv6", "other", "2001:db8::1", 8080, "tcp", "other6"),
]:
    expected = {"other": run("ip", "-4", "-o", "addr", "show", "eth0", netns="other").split()[3].split("/")[0] if expected == "other" else None,
                "other6": [w for w in run("ip", "-6", "-o", "addr", "show", "eth0", "scope", "global", netns="other").split() if w.startswith("fd00")][0].split("/")[0]
                if expected == "other6" else None}.get(expected, expected)
    check(what, ask(netns, address, number, kind), expected)
for what, netns, address, number in [
    ("the node itself", None, "192.0.2.1", 8080), ("  by 127.0.0.1", None, "127.0.0.1", 8080), ("  a port of 127.0.0.1", None, "127.0.0.1", 8082),
    ("  IPv6", None, "2001:db8::1", 8080), ("the pod itself", "web", "192.0.2.1", 8080), ("  IPv6", "web", "2001:db8::1", 8080),
]:
    holds(f"{what} reaches it", ask(netns, address, number) != "none")
local = serve(None, 9999)
add(conf(port(8099, 99)), id="evil")
run("ip", "route", "add", "127.0.0.0/8", "via", "169.254.1.1", "dev", "eth0", "onlink", "table", "7", netns="evil")
run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1", netns="evil")
run("ip", "rule", "add", "lookup", "local", "pref", "10", netns="evil")
run("ip", "rule", "del", "lookup", "local", "pref", "0", netns="evil")
run("ip", "rule", "add", "to", "127.0.0.7", "lookup", "7", "pref", "1", netns="evil")
check("no pod reaches the node's local servers", ask("evil", "127.0.0.7", 9999), "none")
run("nft", "flush", "chain", "inet", "skiff-cni", "guard")
check("  as one would without the guard", ask("evil", "127.0.0.7", 9999), "".join(
    run("ip", "-4", "-o", "addr", "show", "eth0", netns="evil").split()[3].split("/")[:1]))
delete(id="evil")
local.kill(); local.wait()

second = add(conf(port(8080, 80)), id="second")
holds("a port that is open already is refused, with its holder", second.code == 999 and "cni=skiff=web=eth0" in second.text, second.text)
check("  and nothing is left of the pod", links("second"), [])
check("  the first still has it", ask("client", "192.0.2.1", 8080), CLIENT4)
check("the same port of another protocol", add(conf(port(8080, 80, "udp")), id="third").code, 0)
check("a hundred and twenty mappings", add(conf(*[port(20000 + n, 80) for n in range(120)]), id="many").code, 0)
check("  the last of them", (len([e for e in elements() if "open4" in e and "many" in e]), delete(id="many").code), (120, 0))

# A UDP client goes on sending from one port, as DNS forwarders do.
check("a UDP flow", ask("client", "192.0.2.1", 8053, "udp", "192.0.2.9", 5555), CLIENT4)
check("DEL closes the ports", (delete(id="web").code, [e for e in elements() if "=web=" in e]), (0, []))
check("  nobody answers", (ask("client", "192.0.2.1", 8080), ask("client", "192.0.2.1", 8053, "udp", "192.0.2.9", 5555)), ("none", "none"))
heir = add(conf(port(8053, 53, "udp"), port(8080, 80)), id="heir")
check("the next pod gets them", (heir.code, heir.text if heir.status else ""), (0, ""))
servers += [serve("heir", 53, answer="heir", kind="udp")]
check("  and the flow of before", ask("client", "192.0.2.1", 8053, "udp", "192.0.2.9", 5555), "heir")
for server in servers:
    server.kill(); server.wait()

drop("heir")
wait_until("its link to go", lambda: not [t for t in traces() if heir.addresses(4)[0] in t and t.startswith("route")])
holds("a pod that ended without DEL left its elements", any("=heir=" in e for e in elements()))
after = add(conf(port(8080, 80)), id="after")
check("  which do not hinder the next one", (after.code, after.text if after.status else ""), (0, ""))
late = call("DEL", conf(port(8053, 53, "udp"), port(8080, 80)), id="heir", netns="")
check("  a late DEL", (late.code, [e for e in elements() if "=heir=" in e], bool([e for e in elements() if "=after=" in e])), (0, [], True))
for id in ("after", "third", "other"):
    delete(id=id)
check("nothing is left", traces(), [])

run("nft", "add", "table", "inet", "skiff-cni", "{ comment \"old\"; }")
run("nft", "delete", "table", "inet", "skiff-cni")
run("nft", "-f", "-", input="table inet skiff-cni {\n comment \"skiff-cni rules 0\"\n map open4 { type inet_proto . inet_service : ipv4_addr . inet_service; "
    "elements = { tcp . 7 comment \"via=x=y=eth0\" : 10.0.0.1 . 7 }\n }\n"
    " map bound4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n set own4 { type ipv4_addr . ipv4_addr; }\n"
    " map open6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
    " map bound6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n set own6 { type ipv6_addr . ipv6_addr; }\n}")
answer = add(conf(port(8080, 80)), id="web2")
check("rules of another version are replaced, and elements kept", (answer.code, len(elements()), "rules 2" in run("nft", "list", "ruleset")), (0, 5, True))
run("nft", "flush", "ruleset")
check("rules that somebody flushed come back with the next pod", (delete(id="web2").code, add(conf(port(8080, 80)), id="web3").code, len(elements())), (0, 0, 4))
check("the rules load again as nft lists them", subprocess.run(["unshare", "-n", "nft", "-c", "-f", "-"], input=run("nft", "list", "ruleset"), text=True).returncode, 0)
finish()
PYTHON
