#!/bin/bash
# node ── pods of two networks
# Claim: `skiff cni ls` shows every attachment that there is, with its pod, container, addresses, network and what else belongs to it.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
check("nothing", (run(SKIFF, "cni", "ls").split()[0], json.loads(run(SKIFF, "cni", "ls", "--json"))), ("ADDRESSES", []))
rich = configuration(mtu=1400, runtimeConfig={
    "portMappings": [{"hostPort": 8080, "containerPort": 80}], "bandwidth": {"egressRate": 8000000, "egressBurst": 80000}})
a = add(rich, id="aaa", CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-1")
b = add(configuration(["fd09::/64"], name="other"), id="bbb", interface="net1")
found = {entry["containerID"]: entry for entry in json.loads(run(SKIFF, "cni", "ls", "--json"))}
check("the first", found["aaa"], {
    "network": "skiff", "containerID": "aaa", "interface": "eth0", "addresses": a.addresses(), "pod": "shop/web-1",
    "hostInterface": a.json["interfaces"][0]["name"], "hostPorts": True, "bandwidth": True})
check("the second, of IPv6 alone", found["bbb"], {
    "network": "other", "containerID": "bbb", "interface": "net1", "addresses": b.addresses(), "hostInterface": b.json["interfaces"][0]["name"],
    "hostPorts": False, "bandwidth": False})
text = run(SKIFF, "cni", "ls").splitlines()
holds("as a table", len(text) == 3 and "shop/web-1" in text[1] and "host ports, bandwidth" in text[1], str(text))
check("one network", [e["containerID"] for e in json.loads(run(SKIFF, "cni", "ls", "--json", "--network", "other"))], ["bbb"])
check("another host", json.loads(run(SKIFF, "cni", "ls", "--json", "--netns", "/run/netns/aaa")), [])
wrong = subprocess.run([SKIFF, "cni", "ls", "--netns", "/etc/hostname"], capture_output=True, text=True)
holds("no host", wrong.returncode != 0 and "namespace" in wrong.stderr, wrong.stderr)
delete(rich, id="aaa")
check("after DEL", [e["containerID"] for e in json.loads(run(SKIFF, "cni", "ls", "--json"))], ["bbb"])
finish()
PYTHON
