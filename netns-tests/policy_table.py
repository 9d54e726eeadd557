"""Runs tables of cases with `skiff policy`: policy_table.py FILE...

One enforcer and one node for all of them: each step of each case replaces the objects, so that every case also tests the way from the
one before it. All probes are real packets of both families. The format is that of netpol/cases.txt; what is about manifests alone
(refuse, lint), about Services (which need a proxy) or about another option is left to others and counted.
"""
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

from policy_wire import *

here = os.path.dirname(os.path.abspath(__file__))
work = tempfile.mkdtemp()


class Pod:
    def __init__(self, namespace, name, labels, extra, addresses):
        self.key = (namespace, name)
        self.labels, self.extra, self.addresses = labels, extra, addresses
        self.isRunning = extra.get("phase", "Running") == "Running" and not extra.get("hostNetwork")


# The table's words are read by the same code as for `skiff netpol`; only what a pod is differs.
words = {"__name__": "words", "__file__": here + "/netpol/run_cases.py"}
source = open(here + "/netpol/run_cases.py").read().split("\ndef run(")[0].replace("skiff, work = sys.argv[1], sys.argv[2]", "")
exec(compile(source.replace("wanted = set(sys.argv[3:])", ""), "run_cases.py", "exec"), words)
words["pod"] = Pod
Step, PORTS = words["Step"], words["PORTS"]


def read(path):
    cases = []
    for line in open(path):
        line = line.rstrip("\n")
        if line.startswith("### "):
            cases.append((line[4:], [Step()]))
        elif line == "step":
            cases[-1][1].append(Step())
        elif line.startswith("matrix "):
            cases[-1][1][-1].matrix = line.split()[1].split("/")
        elif line.startswith("labels "):
            _, name, labels = line.split(" ", 2)
            step, key = cases[-1][1][-1], tuple(name.split("/"))
            step.pods[key] = Pod(*key, labels, step.pods[key].extra, step.pods[key].addresses)
        elif line == "same":
            # The step before, with what follows added.
            cases[-1][1].append(again(cases[-1][1][-1]))
        elif line.startswith("without "):
            name = line.split()[1].split("/")[1]
            cases[-1][1][-1].objects = [o for o in cases[-1][1][-1].objects if f"name: {name}," not in o]
        elif line and not line.startswith("#"):
            cases[-1][1][-1].read(line)
    return cases


def again(step):
    copy = Step()
    copy.objects, copy.pods, copy.namespaces = list(step.objects), dict(step.pods), dict(step.namespaces)
    copy.outside, copy.args = list(step.outside), list(step.args)
    return copy


def verdict(step, sender, receiver):
    """What the last line about a pair of pods says."""
    def means(text, name):
        namespace, _, pod = ("*/*" if text == "*" else text).partition("/")
        return all(part in ("*", own) for part, own in zip((namespace, pod), name.split("/")))

    result = True
    for word, flow in step.lines:
        left, right = flow.split(" -> ")
        if means(left, sender) and means(right, receiver):
            result = word == "allow"
    return result


class Cluster:
    """One node with its pods, and an outside."""

    def __init__(self, ports):
        self.ports, self.hosts, self.numbers, self.number = ports, {}, {}, 0
        prepare()
        server.start()
        self.node = Host()
        self.outside = Host("outside")
        ip("link add uplink type veth peer name eth0 netns outside", "addr add 192.168.50.1/24 dev uplink",
           "addr add fd00:50::1/64 dev uplink nodad", "link set uplink up")
        ip("addr add 192.168.50.2/24 dev eth0", "addr add fd00:50::2/64 dev eth0 nodad", "link set eth0 up",
           "route add default via 192.168.50.1", "route add default via fd00:50::1", netns="outside")
        self.outside.serve(*ports)
        self.outside.serve_sctp()
        self.node.serve(10250)
        self.known, self.virtual = set(), {}
        self.step = 0
        self.markers = [self.attach("mark", "ask", ["10.244.7.1"]), self.attach("mark", "answer", ["10.244.7.2"])]

    def attach(self, namespace, name, addresses):
        """A pod's link as the plugin makes it."""
        self.number += 1
        end, host = f"sk{self.number:06x}", Host(f"{namespace}-{name}-{self.number}")
        uid = f"uid-{self.number}"
        lines = [f"link add {end} address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns {host.name}",
                 f"link property add dev {end} altname pod={uid}=x", f"addr add fe80::1/64 dev {end} nodad", f"link set {end} up",
                 f"addr add 169.254.1.1/32 dev {end}"]
        inside = ["link set eth0 up", "route add 169.254.1.1 dev eth0", "route add default via 169.254.1.1",
                  "route add default via fe80::1 dev eth0"]
        for one in addresses:
            lines.append(f"route add {one}/128 dev {end}" if ":" in one else f"route add {one}/32 dev {end}")
            inside.insert(0, f"addr add {one}/128 dev eth0 nodad" if ":" in one else f"addr add {one}/32 dev eth0")
        ip(*lines)
        ip(*inside, netns=host.name)
        host.uid, host.end, host.addresses = uid, end, addresses
        host.serve(*self.ports)
        host.serve_sctp()
        return host

    def place(self, pod, step):
        """The addresses of a pod: its own, or those that its name has from its first mention on."""
        if pod.addresses:
            return pod.addresses
        if pod.extra.get("hostNetwork"):
            return [address for _, address in step.outside][:1]
        row = self.numbers.setdefault(pod.key, len(self.numbers) + 1)
        return [f"10.244.8.{row}", f"fd00:10:244::8:{row:x}"]

    def adopt(self, step):
        """Makes the pods of a step and ends the others."""
        wanted = {}
        # One after another, for a later pod may have the address of an earlier one.
        for pod in step.pods.values():
            if pod.isRunning:
                wanted[pod.key] = self.place(pod, step)
        for key in list(self.hosts):
            if wanted.get(key) != self.hosts[key].addresses:
                ip(f"link del {self.hosts[key].end}")
                self.hosts.pop(key).remove()
        for key, addresses in wanted.items():
            if key not in self.hosts:
                self.hosts[key] = self.attach(*key, addresses)
        for _, address in step.outside:
            if address not in self.known:
                self.known.add(address)
                ip(f"addr add {address}/32 dev lo", netns="outside")
                ip(f"route add {address}/32 via 192.168.50.2")

    def objects(self, step):
        def one(key, labels, extra, uid, addresses):
            ports = ", ".join("{name: %s, containerPort: %d, protocol: %s}" % (p.get("name", "p%d" % i), p["containerPort"], p.get("protocol", "TCP"))
                              for i, p in enumerate(extra.get("ports", PORTS)))
            ending = ", deletionTimestamp: \"%s\"" % extra["deletionTimestamp"] if "deletionTimestamp" in extra else ""
            ips = ", ".join('{ip: "%s"}' % a for a in addresses)
            return (f"{{apiVersion: v1, kind: Pod, metadata: {{name: {key[1]}, namespace: \"{key[0]}\", uid: {uid}, labels: {labels}{ending}}}, "
                    f"spec: {{nodeName: node1, hostNetwork: {str(extra.get('hostNetwork', False)).lower()}, containers: [{{name: c, image: i, ports: [{ports}]}}]}}, "
                    f"status: {{phase: {extra.get('phase', 'Running')}, podIPs: [{ips}]}}}}")

        documents = ["{apiVersion: v1, kind: Node, metadata: {name: node1}, status: {addresses: [{type: InternalIP, address: 192.168.50.1}]}}"]
        documents += [f"{{apiVersion: v1, kind: Namespace, metadata: {{name: \"{n}\", labels: {labels}}}}}" for n, labels in step.namespaces.items()]
        for pod in step.pods.values():
            host = self.hosts.get(pod.key)
            documents.append(one(pod.key, pod.labels, pod.extra, host.uid if host else "none", self.place(pod, step)))
        # All three kinds have come when this one connection goes through.
        self.step += 1
        labels = f"{{step: \"{self.step}\"}}"
        documents.append(f"{{apiVersion: v1, kind: Namespace, metadata: {{name: mark, labels: {labels}}}}}")
        for name, host in zip(("ask", "answer"), self.markers):
            documents.append(one(("mark", name), labels, {"ports": []}, host.uid, host.addresses))
        documents.append(f"{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: mark, namespace: mark}}, spec: {{podSelector: {{matchLabels: {labels}}}, "
                         f"ingress: [{{from: [{{namespaceSelector: {{matchLabels: {labels}}}}}], ports: [{{port: {20000 + self.step}}}]}}]}}}}")
        return documents + step.objects

    def enforce(self, step):
        self.adopt(step)
        if hasattr(step, "matrix") and not self.virtual:
            self.serve_virtually(step.pods)
        self.markers[1].serve(20000 + self.step + 1)
        path = work + "/objects.yaml"
        with open(path + ".new", "w") as file:
            file.write("\n---\n".join(self.objects(step)) + "\n")
        os.rename(path + ".new", path)
        if self.step == 1:
            self.log = open(work + "/policy.log", "w")
            self.enforcer = subprocess.Popen([os.environ["SKIFF_BIN"] + "/skiff", "policy", "--objects", path, "--node-name", "node1"],
                                             stdout=self.log, stderr=subprocess.STDOUT)
            # Before that everything is open, the marker too.
            wait_until("the first sync", lambda: "synced policies" in open(work + "/policy.log").read())

        def stands():
            assert self.enforcer.poll() is None, open(work + "/policy.log").read()
            return reach([Probe(self.markers[0], None, "10.244.7.2", "tcp", 20000 + self.step)], [True], quiet=0, limit=0.3)[0]

        return wait_until(f"the objects of step {self.step}", stands)

    # MARK: Services

    def serve_virtually(self, pods):
        """A Service of both families for each of the nine pods, on the ports that its pod has."""
        items = []
        for (namespace, name), pod in pods.items():
            self.virtual["/".join((namespace, name))] = addresses = [a.replace("10.244.", "10.96.").replace("10:244::", "10:96::") for a in pod.addresses]
            ports = [{"name": p["name"], "protocol": p["protocol"], "port": p["containerPort"]} for p in PORTS]
            items.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
                          "spec": {"type": "ClusterIP", "clusterIP": addresses[0], "clusterIPs": addresses, "ipFamilies": ["IPv4", "IPv6"],
                                   "ipFamilyPolicy": "RequireDualStack", "ports": ports}})
            for address, family in zip(pod.addresses, ("IPv4", "IPv6")):
                items.append({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family,
                              "metadata": {"name": f"{name}-{family.lower()}", "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
                              "ports": ports, "endpoints": [{"addresses": [address], "nodeName": "node1", "conditions": {"ready": True}}]})
        path = work + "/services.json"
        with open(path, "w") as file:
            json.dump({"kind": "List", "items": items}, file)
        done = subprocess.run([os.environ["SKIFF_BIN"] + "/skiff", "proxy", "--once", "--objects", path, "--node-name", "node1", "--cluster-cidr",
                               "10.244.0.0/16,fd00:10:244::/64", "--service-cidr", "10.96.0.0/16,fd00:10:96::/64"], capture_output=True, text=True)
        check("the proxy's rules", done.returncode, 0)

    def truth_table(self, step):
        """Every pair of different pods, directly and through the Service of the one that is asked."""
        found = []
        port, transport = step.matrix
        for (sender, host), (receiver, target) in itertools.permutations([("/".join(key), host) for key, host in sorted(self.hosts.items())], 2):
            for source, address, virtual in zip(host.addresses, target.addresses, self.virtual[receiver]):
                # A raw socket's SCTP packet is not translated.
                for to in [address] if transport == "sctp" else [address, virtual]:
                    found.append((f"{sender} -> {receiver} at {to}:{port}/{transport}", (host, source, to, transport, int(port)),
                                  verdict(step, sender, receiver)))
        return found

    # MARK: flows

    def hosts_of(self, text, step):
        """Names, hosts and addresses that a side of a flow means."""
        outside = dict(step.outside)
        if text in outside:
            return [(text, self.outside, [outside[text]])]
        if text == "node":
            return [("node", self.node, [])]
        if text == "*":
            text = "*/*"
        namespace, _, name = text.partition("/")
        return [("/".join(key), host, host.addresses) for key, host in sorted(self.hosts.items())
                if namespace in ("*", key[0]) and name in ("*", key[1])]

    def probes(self, step):
        """What each line of a step means: name, arguments of the probe, whether it should go through."""
        if hasattr(step, "matrix"):
            return self.truth_table(step)
        found = []
        wanted = [4, 6]
        if "--family" in step.args:
            wanted = {"ipv4": [4], "ipv6": [6]}.get(step.args[step.args.index("--family") + 1], wanted)
        for verdict, flow in step.lines:
            match = re.match(r"(\S+) -> ([^:\s]+|service:\S+?)(?::([\d,]+)(?:/([a-z,]+))?)?$", flow)
            if not match or match[2].startswith("service"):
                continue
            ports = [int(p) for p in match[3].split(",")] if match[3] else [80, 81]
            transports = match[4].split(",") if match[4] else (["tcp"] if match[3] else ["tcp", "udp"])
            for sender, host, own in self.hosts_of(match[1], step):
                for receiver, target, addresses in self.hosts_of(match[2], step):
                    if sender == receiver:
                        continue
                    for address in addresses or ["192.168.50.1"]:
                        family = 6 if ":" in address else 4
                        source = next((a for a in own if (":" in a) == (family == 6)), None)
                        if family not in wanted or (own and source is None):
                            continue
                        for transport in transports:
                            for port in ports:
                                found.append((f"{sender} -> {receiver}:{port}/{transport} IPv{family}",
                                              (host, source, address, transport, port), verdict == "allow"))
        return found


def perform(cluster, title, number, step):
    asked = cluster.enforce(step) and cluster.probes(step)
    if not asked:
        return 0
    # A round holds when everything is as it should be; all three kinds of objects came already, so the first one should.
    end = time.monotonic() + 90
    while True:
        expected = [should for _, _, should in asked]
        answers = reach([Probe(*arguments) for _, arguments, _ in asked], expected)
        wrong = [f"{name} {'denied' if should else 'allowed'}" for (name, _, should), got in zip(asked, answers) if got != should]
        if not wrong or time.monotonic() > end:
            break
    check(f"{title}, step {number}, {len(asked)} probes", wrong[:5], [])
    return len(asked)


cases = [case for path in sys.argv[1:] for case in read(path)]
ports = {80, 81}
for _, steps in cases:
    for step in steps:
        for _, flow in step.lines:
            ports |= {int(p) for group in re.findall(r":([\d,]+)(?:/|$)", flow) for p in group.split(",")}
cluster = Cluster(sorted(ports))
performed = left = sent = 0
for title, steps in cases:
    for number, step in enumerate(steps, 1):
        if step.refuse or "--baseline-per-direction" in step.args or any("kind: Service" in o for o in step.objects):
            left += 1
            continue
        sent += perform(cluster, title, number, step)
        performed += 1
print(f"     {len(cases)} cases: {performed} steps enforced with {sent} probes, {left} steps left to others")
check("the enforcer's errors", [line for line in open(work + "/policy.log") if " error " in line][:3], [])
finish()
