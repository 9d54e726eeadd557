#!/bin/bash
# node ── pods with addresses of many ranges
# Claim: addresses come in turn and only from the ranges, nobody gets what another has or what is excluded, whoever asks for an
# address gets it or is told who has it, and a full network says so with code 11.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from ipaddress import ip_address, ip_network
from cnitest import *

prepare()
names = [f"p{n}" for n in range(18)]
for name in names:
    pod(name)


def fill(conf):
    """Every address that the network gives, and the outcome of the ADD that finds none."""
    found = []
    for name in names:
        answer = call("ADD", conf, id=name)
        if answer.code != 0:
            return found, answer
        found.append(answer.addresses())
    return found, None


def empty(conf):
    for name in names:
        call("DEL", conf, id=name)


for what, ranges, expected in [
    ("/29", ["10.1.0.0/29"], [f"10.1.0.{n}" for n in range(1, 7)]), ("/30", ["10.1.0.0/30"], ["10.1.0.1", "10.1.0.2"]),
    ("/31", ["10.1.0.0/31"], ["10.1.0.0", "10.1.0.1"]), ("/32", ["10.1.0.9/32"], ["10.1.0.9"]),
    ("/128", ["fd01::9/128"], ["fd01::9"]), ("/126", ["fd01::/126"], ["fd01::1", "fd01::2", "fd01::3"]),
    ("two ranges", ["10.1.0.0/30", "10.1.9.0/30"], ["10.1.0.1", "10.1.0.2", "10.1.9.1", "10.1.9.2"]),
]:
    found, last = fill(configuration(ranges))
    check(f"{what}: its addresses", sorted(a for f in found for a in f), sorted(expected))
    check(f"{what}: then code 11", last.code, 11)
    empty(configuration(ranges))

small = configuration(["10.2.0.0/29"])
for number in range(6):
    call("ADD", small, id=names[number], CNI_ARGS=f"IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-{number}")
answer = call("ADD", small, id="p6")
holds("a full network names who holds what", all(f"shop/web-{n}" in answer.text and f"10.2.0.{n + 1}" in answer.text for n in range(6)), answer.text)
check("one DEL, and the next ADD succeeds", (call("DEL", small, id="p3").code, call("ADD", small, id="p6").addresses() != []), (0, True))
empty(small)

uneven = configuration(["10.2.0.0/24", "fd02::/125"])
found, last = fill(uneven)
check("one family is full: nobody gets half", (len(found), all(len(f) == 2 for f in found), last.code), (7, True, 11))
check("  and nothing is left of it", len(links()), 7)
empty(uneven)
found, _ = fill(configuration(["fd03::/64"]))
check("IPv6 alone", (len(found), all(ip_address(f[0]) in ip_network("fd03::/64") for f in found)), (18, True))
empty(configuration(["fd03::/64"]))
a, b = configuration(["fd05:1::/64"], name="a"), configuration(["fd05:2::/64"], name="b")
check("two networks of IPv6 alone", (call("ADD", a, id="p0", CNI_ARGS="IP=fd05:1::5").code, call("ADD", b, id="p1", CNI_ARGS="IP=fd05:2::5").code), (0, 0))
call("DEL", a, id="p0"), call("DEL", b, id="p1")

turn = configuration(["10.3.0.0/24", "fd03::/64"])
seen, soonest = {}, 1000
for number in range(1000):
    answer = call("ADD", turn, id="p0" if number % 2 else f"p{number % 18}")
    delete(turn, id="p0" if number % 2 else f"p{number % 18}")
    address = answer.addresses(4)[0]
    if address in seen:
        soonest = min(soonest, number - seen[address])
    seen[address] = number
check("a thousand pods one after the other: addresses used", len(seen), 254)
check("  pods until an address came again, at least", soonest, 254)

excluding = configuration(["10.4.0.0/28"], exclude=["10.4.0.1", "10.4.0.8/29"], reserve=["10.4.0.2"])
found, last = fill(excluding)
check("exclusions and reserved addresses", (sorted(f[0] for f in found), last.code), ([f"10.4.0.{n}" for n in range(3, 8)], 11))
holds("  are not counted", "all 5" in last.text)
check("  a reserved one for who asks", call("ADD", excluding, id="p9", CNI_ARGS="IP=10.4.0.2").addresses(), ["10.4.0.2"])
check("  an excluded one for nobody", call("ADD", excluding, id="p10", CNI_ARGS="IP=10.4.0.9").code, 999)
empty(excluding)
reference = {"cniVersion": "1.0.0", "name": "skiff", "type": "skiff-cni",
             "ipam": {"ranges": [[{"subnet": "10.4.1.0/24", "rangeStart": "10.4.1.20", "rangeEnd": "10.4.1.22", "gateway": "10.4.1.21"}]]}}
found, last = fill(reference)
check("a range as the reference plugins write it", sorted(f[0] for f in found), ["10.4.1.20", "10.4.1.22"])
empty(reference)
given = configuration([], runtimeConfig={"ipRanges": [[{"subnet": "10.4.2.0/30"}]]})
check("a range from the runtime", sorted(f[0] for f in fill(given)[0]), ["10.4.2.1", "10.4.2.2"])
empty(given)

wide = configuration(["10.5.0.0/16", "fd05::/64"])
for what, members, args, expected in [
    ("CNI_ARGS", {}, "IP=10.5.7.7", "10.5.7.7"), ("runtimeConfig", {"runtimeConfig": {"ips": ["10.5.7.7/16"]}}, "", "10.5.7.7"),
    ("args", {"args": {"cni": {"ips": ["10.5.7.7"]}}}, "", "10.5.7.7"), ("IPv6", {"runtimeConfig": {"ips": ["fd05::abcd/64"]}}, "", "fd05::abcd"),
    ("IPv6 far away", {"runtimeConfig": {"ips": ["fd05::1:2:3:4"]}}, "", "fd05::1:2:3:4"),
]:
    answer = call("ADD", wide | members, id="p0", CNI_ARGS=args)
    holds(f"an address asked for by {what}", answer.code == 0 and expected in answer.addresses() and len(answer.addresses()) == 2, answer.text)
    other = call("ADD", wide | members, id="p1", CNI_ARGS=args)
    holds("  is in use then, by p0", other.code == 999 and "in use" in other.text and "p0" in other.text, other.text)
    delete(wide, id="p0")
answer = call("ADD", wide | {"runtimeConfig": {"ips": ["10.5.1.1/16", "fd05::99/64"], "mac": "02:11:22:33:44:55"}}, id="p0")
check("addresses of two families and a MAC", (answer.addresses(), answer.json["interfaces"][1]["mac"]), (["10.5.1.1", "fd05::99"], "02:11:22:33:44:55"))
four = int(ip_address("10.5.0.0")) + 0x99
other = call("ADD", wide, id="p1", CNI_ARGS=f"IP={ip_address(four)}")
check("its IPv4 fellow is free for another", other.addresses(4), [str(ip_address(four))])
holds("  with another IPv6 address", other.addresses(6) not in ([], ["fd05::99"]))
for name in ("p0", "p1"):
    delete(wide, id=name)
for what, ips in [("out of range", ["10.6.0.1"]), ("of one family", ["10.5.0.1", "10.5.0.2"]), ("the network's", ["10.5.0.0"]), ("the last", ["10.5.255.255"])]:
    check(f"addresses {what}", (call("ADD", wide | {"runtimeConfig": {"ips": ips}}, id="p0").code, links("p0")), (999, []))

first = call("ADD", configuration(["10.7.0.0/29"]), id="p0").addresses()[0]
for what, ranges in [("enlarged", ["10.7.0.0/24"]), ("another range added", ["10.7.0.0/29", "10.8.0.0/29"]), ("shrunk", ["10.7.0.0/30"])]:
    found, _ = fill(configuration(ranges) | {"name": "skiff"})
    holds(f"a pod keeps its address while the range is {what}", links("p0") == ["eth0"] and [first] not in found)
    for name in names[1:]:
        call("DEL", configuration(ranges), id=name)
delete(configuration(["10.9.0.0/24"]), id="p0")
check("nothing is left", traces(), [])
finish()
PYTHON
