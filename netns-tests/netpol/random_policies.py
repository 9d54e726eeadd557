"""Makes pods and random policies from a seed; prints them as YAML (each document is JSON): random_policies.py SEED."""
import json, random, sys

rng = random.Random()
KEYS = {"app": ["a", "b", "c"], "tier": ["front", "back"], "env": ["dev", "prod"]}
NAMESPACES = ["one", "two", "three"]


def labels():
    return {k: rng.choice(v) for k, v in KEYS.items() if rng.random() < 0.7}


def selector():
    roll = rng.random()
    if roll < 0.2:
        return {}
    key = rng.choice(list(KEYS))
    if roll < 0.6:
        return {"matchLabels": {key: rng.choice(KEYS[key])}}
    if roll < 0.65:
        return {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": [rng.choice(NAMESPACES)]}]}
    operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"])
    expression = {"key": key, "operator": operator}
    if "xist" not in operator:
        expression["values"] = rng.sample(KEYS[key], rng.randint(1, len(KEYS[key])))
    return {"matchExpressions": [expression]}


def block():
    if rng.random() < 0.3:
        return {"cidr": rng.choice(["::/0", "fd00:10:244::/64", "fd00:10:244::100/124"])}
    cidr, inner = rng.choice([("10.244.0.0/16", "10.244.1.0/30"), ("0.0.0.0/0", "10.0.0.0/8"), ("10.244.1.0/29", "10.244.1.2/32"), ("10.244.1.4/30", "10.244.1.5/32")])
    return {"cidr": cidr, **({"except": [inner]} if rng.random() < 0.5 else {})}


def peer():
    roll = rng.random()
    if roll < 0.25:
        return {"ipBlock": block()}
    if roll < 0.5:
        return {"podSelector": selector()}
    if roll < 0.75:
        return {"namespaceSelector": selector()}
    return {"namespaceSelector": selector(), "podSelector": selector()}


def port():
    protocol = rng.choice(["TCP", "UDP", "SCTP"])
    roll = rng.random()
    if roll < 0.15:
        return {"protocol": protocol}
    if roll < 0.35:
        return {"protocol": protocol, "port": rng.choice(["web", "dns", "none"])}
    if roll < 0.5:
        return {"protocol": protocol, "port": 80, "endPort": rng.choice([80, 81, 90])}
    return {"protocol": protocol, "port": rng.choice([80, 81, 82])}


def rule(key):
    result = {}
    if rng.random() < 0.85:
        result[key] = [peer() for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.7:
        result["ports"] = [port() for _ in range(rng.randint(1, 3))]
    return result


def policy(number):
    spec = {"podSelector": selector()}
    types = rng.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"], None])
    if types:
        spec["policyTypes"] = types
    for direction, key in (("ingress", "from"), ("egress", "to")):
        if rng.random() < 0.7:
            spec[direction] = [rule(key) for _ in range(rng.randint(0, 3))]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": f"p{number}", "namespace": rng.choice(NAMESPACES)}, "spec": spec}


def cluster_port():
    roll = rng.random()
    if roll < 0.2:
        return {"destinationNamedPort": rng.choice(["web", "dns"])}
    protocol = rng.choice(["tcp", "udp", "sctp"])
    if roll < 0.4:
        return {protocol: {"destinationPort": {"range": {"start": 80, "end": 81}}}}
    return {protocol: {"destinationPort": {"number": rng.choice([80, 81, 82])}}}


def cluster_policy(number):
    def rules(key):
        result = []
        for _ in range(rng.randint(0, 3)):
            peers = [rng.choice([{"namespaces": selector()}, {"pods": {"namespaceSelector": selector(), "podSelector": selector()}}]) for _ in range(rng.randint(1, 2))]
            entry = {"action": rng.choice(["Accept", "Deny", "Pass"]), key: peers}
            if rng.random() < 0.5:
                entry["protocols"] = [cluster_port() for _ in range(rng.randint(1, 2))]
            elif key == "to" and rng.random() < 0.5:
                entry["to"] = [{"networks": [rng.choice(["10.244.1.0/29", "fd00:10:244::/64"])]}]
            result.append(entry)
        return result
    subject = rng.choice([{"namespaces": selector()}, {"pods": {"namespaceSelector": selector(), "podSelector": selector()}}])
    return {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": f"c{number}"},
            "spec": {"tier": rng.choice(["Admin", "Baseline"]), "priority": number, "subject": subject,
                     "ingress": rules("from"), "egress": rules("to")}}


def make(seed):
    """Namespaces, nine pods with addresses, up to eight NetworkPolicies and three ClusterNetworkPolicies."""
    rng.seed(seed)
    documents = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n, "labels": labels()}} for n in NAMESPACES]
    for number in range(9):
        ports = [{"name": "web", "containerPort": rng.choice([80, 81])}, {"name": "dns", "containerPort": rng.choice([80, 82]), "protocol": "UDP"},
                 {"containerPort": 80, "protocol": "SCTP"}, {"containerPort": 82}]
        documents.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"pod{number}", "namespace": NAMESPACES[number % 3], "labels": labels()},
                          "spec": {"containers": [{"name": "c", "ports": ports}]},
                          "status": {"podIPs": [{"ip": f"10.244.1.{number}"}, {"ip": f"fd00:10:244::{256 + number:x}"}]}})
    documents += [policy(n) for n in range(rng.randint(1, 8))]
    documents += [cluster_policy(n) for n in range(rng.randint(0, 3))]
    return documents


def text(documents):
    return "\n---\n".join(json.dumps(d) for d in documents)


if __name__ == "__main__":
    print(text(make(int(sys.argv[1]))))
