"""What policies mean, read off Kubernetes' documentation and nothing else: a third answer beside the engine's and the packets'.

Knows what random_policies.py makes. Slow and plain on purpose.
"""
import ipaddress


def selects(selector, labels):
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions", []):
        key, operator, values = expression["key"], expression["operator"], expression.get("values", [])
        holds = {"In": key in labels and labels[key] in values, "NotIn": key not in labels or labels[key] not in values,
                 "Exists": key in labels, "DoesNotExist": key not in labels}[operator]
        if not holds:
            return False
    return True


class World:
    def __init__(self, documents):
        self.namespaces, self.pods, self.policies, self.cluster = {}, {}, [], []
        for document in documents:
            meta = document["metadata"]
            if document["kind"] == "Namespace":
                self.namespaces[meta["name"]] = {**meta["labels"], "kubernetes.io/metadata.name": meta["name"]}
            elif document["kind"] == "Pod":
                self.pods[meta["namespace"] + "/" + meta["name"]] = document
            elif document["kind"] == "NetworkPolicy":
                self.policies.append(document)
            else:
                self.cluster.append(document["spec"])
        self.cluster.sort(key=lambda spec: spec["priority"])

    def allows(self, source, destination, protocol, port, family):
        """Both ends must allow: names of pods, TCP, UDP or SCTP, a number, 4 or 6."""
        a, b = self.pods[source], self.pods[destination]
        return self.permits("egress", a, b, b, protocol, port, family) and self.permits("ingress", b, a, b, protocol, port, family)

    def permits(self, direction, subject, other, destination, protocol, port, family):
        question = (direction, subject, other, destination, protocol, port, family)
        admin = self.tier("Admin", *question)
        if admin is not None:
            return admin
        selecting = [p for p in self.policies if p["metadata"]["namespace"] == subject["metadata"]["namespace"]
                     and selects(p["spec"]["podSelector"], subject["metadata"]["labels"])]
        isolating = [p for p in selecting if direction.capitalize() in self.types(p["spec"])]
        if isolating:
            return any(self.rule(rule, "to" if direction == "egress" else "from", policy, other, destination, protocol, port, family)
                       for policy in isolating for rule in policy["spec"].get(direction, []))
        if selecting:
            # A NetworkPolicy that selects the pod is final, also in the direction that it says nothing about.
            return True
        baseline = self.tier("Baseline", *question)
        return True if baseline is None else baseline

    @staticmethod
    def types(spec):
        if spec.get("policyTypes"):
            return spec["policyTypes"]
        return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]

    def rule(self, rule, peers, policy, other, destination, protocol, port, family):
        found = [p for p in rule.get(peers) or [{}] if not p or self.peer(p, policy["metadata"]["namespace"], other, family)]
        if not rule.get("ports"):
            return bool(found)
        # The name of a port says nothing about addresses: only a pod has ports with names.
        return any(self.port(p, destination, protocol, port) for p in rule["ports"] for f in found
                   if not (peers == "to" and "ipBlock" in f and isinstance(p.get("port"), str)))

    def peer(self, peer, home, other, family):
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            return self.within(block["cidr"], other, family) and not any(self.within(e, other, family) for e in block.get("except", []))
        namespace, labels = other["metadata"]["namespace"], other["metadata"]["labels"]
        if "namespaceSelector" in peer:
            if not selects(peer["namespaceSelector"], self.namespaces[namespace]):
                return False
        elif namespace != home:
            return False
        return selects(peer.get("podSelector", {}), labels)

    @staticmethod
    def within(prefix, pod, family):
        network = ipaddress.ip_network(prefix)
        address = ipaddress.ip_address(pod["status"]["podIPs"][0 if family == 4 else 1]["ip"])
        return network.version == family and address in network

    def port(self, port, destination, protocol, number):
        if port.get("protocol", "TCP") != protocol:
            return False
        wanted = port.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, str):
            return any(c.get("name") == wanted and c.get("protocol", "TCP") == protocol and c["containerPort"] == number
                       for c in destination["spec"]["containers"][0]["ports"])
        return wanted <= number <= port.get("endPort", wanted)

    def tier(self, name, direction, subject, other, destination, protocol, port, family):
        """True, False, or None: nothing in this tier decides."""
        for spec in self.cluster:
            if spec["tier"] != name or not self.covers(spec["subject"], subject):
                continue
            for rule in spec[direction]:
                if not any(self.cluster_peer(p, other, family) for p in rule["to" if direction == "egress" else "from"]):
                    continue
                if "protocols" in rule and not any(self.cluster_port(p, destination, protocol, port) for p in rule["protocols"]):
                    continue
                if rule["action"] == "Pass":
                    return None
                return rule["action"] == "Accept"
        return None

    def covers(self, subject, pod):
        namespace = self.namespaces[pod["metadata"]["namespace"]]
        if "namespaces" in subject:
            return selects(subject["namespaces"], namespace)
        return selects(subject["pods"]["namespaceSelector"], namespace) and selects(subject["pods"]["podSelector"], pod["metadata"]["labels"])

    def cluster_peer(self, peer, other, family):
        if "networks" in peer:
            return any(self.within(network, other, family) for network in peer["networks"])
        return self.covers(peer, other)

    def cluster_port(self, port, destination, protocol, number):
        if "destinationNamedPort" in port:
            return any(c.get("name") == port["destinationNamedPort"] and c.get("protocol", "TCP") == protocol and c["containerPort"] == number
                       for c in destination["spec"]["containers"][0]["ports"])
        if protocol.lower() not in port:
            return False
        wanted = port[protocol.lower()]["destinationPort"]
        if "number" in wanted:
            return wanted["number"] == number
        return wanted["range"]["start"] <= number <= wanted["range"]["end"]
