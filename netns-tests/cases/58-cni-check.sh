#!/bin/bash
# node ── pod, changed behind the plugin's back
# Claim: CHECK is silent about what ADD made and what later plugins add, and reports each change of it.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
runtime = {
    "portMappings": [{"hostPort": 8080, "containerPort": 80}, {"hostPort": 53, "containerPort": 53, "protocol": "udp", "hostIP": "192.0.2.1"}],
    "bandwidth": {"ingressRate": 8000000, "ingressBurst": 800000, "egressRate": 16000000, "egressBurst": 800000}}
conf = configuration(mtu=1450, runtimeConfig=runtime, sysctl={"net.core.somaxconn": "99", "net.ipv4.conf.IFNAME.arp_filter": "1"})


def attached():
    drop("c1")
    wait_until("the last pod to go", lambda: not [t for t in traces() if t.startswith("link sk")])
    delete(conf)
    answer = add(conf)
    check("ADD", answer.code, 0)
    return answer.json


def checked(result):
    return call("CHECK", dict(conf, prevResult=result))


result = attached()
answer = checked(result)
check("clean and silent", (answer.code, answer.output, answer.notice), (0, "", ""))
check("no prevResult", call("CHECK", conf).code, 999)
run("ip", "addr", "add", "192.0.2.1/24", "dev", "eth0", netns="c1")
run("ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.2", netns="c1")
run("ip", "link", "add", "dummy", "type", "veth", "peer", "name", "z", netns="c1")
check("what others add does not matter", checked(result).code, 0)
more = json.loads(json.dumps(result))
more["interfaces"].append({"name": "tun0", "sandbox": "/run/netns/c1"})
more["ips"].append({"address": "192.0.2.1/24", "interface": 2})
check("nor what they add to the result", checked(more).code, 0)
host = result["interfaces"][0]["name"]
four, six = (ip["address"].split("/")[0] for ip in result["ips"])
shaper = "si" + host[2:]
for what, command, netns, word in [
    ("the pod's interface gone", "ip link del eth0", "c1", "gone"), ("it is down", "ip link set eth0 down", "c1", "down"),
    ("another MAC", "ip link set eth0 address 02:00:00:00:00:77", "c1", "MAC"),
    ("another MTU in the pod", "ip link set eth0 mtu 1400", "c1", "MTU"), ("another MTU on the host", f"ip link set {{host}} mtu 1400", None, "MTU"),
    ("the IPv4 address gone", "ip addr del {four}/32 dev eth0", "c1", "{four}"), ("the IPv6 address gone", "ip addr del {six}/128 dev eth0", "c1", "{six}"),
    ("no IPv4 default route", "ip route del default", "c1", "default route"), ("no IPv6 default route", "ip -6 route del default", "c1", "default route"),
    ("no route on the host", "ip route del {four}/32", None, "no route to {four}"), ("none for IPv6", "ip -6 route del {six}/128", None, "no route to {six}"),
    ("a route elsewhere", "ip route replace {four}/32 dev lo", None, "no route to {four}"),
    ("the host's end down", "ip link set {host} down", None, "down"), ("renamed", "ip link set {host} down name renamed0 up", None, "name"),
    ("the attachment's name gone", "ip link property del dev {host} altname cni=skiff=c1=eth0", None, "not recorded"),
    ("a host port closed", "nft flush map inet skiff-cni open4", None, "8080/tcp"), ("another one", "nft flush map inet skiff-cni bound4", None, "53/udp"),
    ("nothing limits what it receives", "tc qdisc del dev {host} root", None, "receives"),
    ("nothing limits what it sends", "ip link del {shaper}", None, "sends"),
    ("another limit", "tc qdisc change dev {host} root tbf rate 9mbit burst 100k limit 200k", None, "receives"),
    ("a setting changed", "sysctl -qw net.core.somaxconn=100", "c1", "somaxconn"),
]:
    result = attached()
    host = result["interfaces"][0]["name"]
    four, six = (ip["address"].split("/")[0] for ip in result["ips"])
    known = dict(host=host, four=four, six=six, shaper="si" + host[2:])
    run(*command.format(**known).split(), netns=netns)
    answer = checked(result)
    holds(what, answer.code == 999 and word.format(**known) in answer.text, answer.output)
delete(conf)
run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "elsewhere", netns="c1")
check("after DEL, with another interface of the name", checked(result).code, 999)
finish()
PYTHON
