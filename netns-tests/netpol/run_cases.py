"""Runs cases.txt with `skiff netpol`: each step in the engine alone and with real packets.

    run_cases.py SKIFF WORKDIR [NUMBER...]

Prints a line for each step and way, and "N passed, M failed" at the end.
"""
import os, re, subprocess, sys

skiff, work = sys.argv[1], sys.argv[2]
wanted = set(sys.argv[3:])
here = os.path.dirname(os.path.abspath(__file__))
passed = failed = 0


def pod(namespace, name, labels, extra, addresses):
    """A Pod as flow YAML; extra: ip, ports, phase, hostNetwork, deletionTimestamp."""
    import json
    ports = extra.get("ports", PORTS)
    metadata = {"name": name, "namespace": namespace}
    if "deletionTimestamp" in extra:
        metadata["deletionTimestamp"] = extra["deletionTimestamp"]
    status = {"phase": extra.get("phase", "Running")}
    if addresses:
        status["podIPs"] = [{"ip": a} for a in addresses]
    spec = {"containers": [{"name": "c", "ports": ports}], "hostNetwork": extra.get("hostNetwork", False)}
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
    return text.replace('"metadata": {', '"metadata": {"labels": %s, ' % labels, 1)


PORTS = [{"name": f"serve-{n}-{p.lower()}", "containerPort": n, "protocol": p}
         for n in (80, 81) for p in ("TCP", "UDP", "SCTP")]


class Step:
    def __init__(self):
        self.objects, self.pods, self.namespaces = [], {}, {}
        self.lines, self.outside, self.args, self.lint, self.fails = [], [], [], [], []
        self.refuse = None
        for i, ns in enumerate("xyz", 1):
            self.namespaces[ns] = f"{{ns: \"{ns}\"}}"
            for j, name in enumerate("abc", 1):
                self.pods[(ns, name)] = pod(ns, name, f"{{pod: {name}}}", {}, [f"10.244.{i}.{j}", f"fd00:10:244::{i}{j}"])

    def read(self, line):
        import json
        word, _, rest = line.partition(" ")
        # A bare y is true in YAML.
        rest = re.sub(r"(?<=[:\[,] )y(?=[,}\]])|(?<=\[)y(?=[,\]])", '"y"', rest)
        if word == "policy" or word == "service":
            name, _, spec = rest.partition(" ")
            ns, name = name.split("/")
            kind = "apiVersion: networking.k8s.io/v1, kind: NetworkPolicy" if word == "policy" else "apiVersion: v1, kind: Service"
            self.objects.append(f"{{{kind}, metadata: {{name: {name}, namespace: \"{ns}\"}}, spec: {spec}}}")
        elif word == "cluster":
            name, _, spec = rest.partition(" ")
            self.objects.append("{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, "
                                f"metadata: {{name: {name}}}, spec: {spec}}}")
        elif word == "pod":
            match = re.match(r"(\S+)/(\S+) (\{.*?\})(?: (\{.*\}))?$", rest)
            ns, name, labels, extra = match.groups()
            extra = json.loads(extra) if extra else {}
            self.pods[(ns, name)] = pod(ns, name, labels, extra, [extra["ip"]] if "ip" in extra else [])
        elif word == "namespace":
            name, _, labels = rest.partition(" ")
            self.namespaces[name] = labels
        elif word == "outside":
            self.outside.append(rest.split(" ", 1))
        elif word in ("allow", "deny"):
            self.lines.append((word, rest))
        elif word == "fails":
            self.fails.append(tuple(rest.split(" ", 1)))
        elif word == "args":
            self.args += rest.split()
        elif word == "lint":
            self.lint.append(rest)
        elif word == "refuse":
            self.refuse = rest
        elif word == "prefixes":
            name, count = rest.split()
            ns, name = name.split("/")
            items = ", ".join(f"{{ipBlock: {{cidr: 198.18.{n // 64}.{n % 64 * 4}/30}}}}" for n in range(int(count)))
            self.objects.append("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
                                f"metadata: {{name: {name}, namespace: {ns}}}, spec: {{podSelector: {{}}, ingress: [{{from: [{items}]}}]}}}}")
        elif word == "tiers":
            self.tiers()
        else:
            raise SystemExit(f"cases.txt: what is '{line}'?")

    def tiers(self):
        """27 namespaces, one for each combination; the right answers are computed here."""
        for admin in ("Accept", "Deny", "Pass"):
            for network in ("none", "allow", "deny"):
                for base in ("none", "Accept", "Deny"):
                    ns = f"{admin}-{network}-{base}".lower()
                    self.namespaces[ns] = f"{{ns: {ns}}}"
                    self.pods[(ns, "s")] = pod(ns, "s", "{pod: s}", {"ports": [{"containerPort": 80}]}, [])
                    for tier, action in (("Admin", admin), ("Baseline", base)):
                        if action != "none":
                            self.read(f"cluster {tier.lower()}-{ns} {{tier: {tier}, priority: 1, subject: {{namespaces: {{matchLabels: {{ns: {ns}}}}}}}, "
                                      f"ingress: [{{action: {action}, from: [{{namespaces: {{matchLabels: {{ns: y}}}}}}]}}]}}")
                    if network != "none":
                        peer = "y" if network == "allow" else "nobody"
                        self.read(f"policy {ns}/np {{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{ns: {peer}}}}}}}]}}]}}")
                    verdict = {"Accept": "allow", "Deny": "deny"}.get(admin)
                    verdict = verdict or {"allow": "allow", "deny": "deny"}.get(network)
                    verdict = verdict or {"Deny": "deny"}.get(base, "allow")
                    self.lines.append((verdict, f"y/b -> {ns}/s:80/tcp"))

    def write(self, path, expectations):
        documents = [f"{{apiVersion: v1, kind: Namespace, metadata: {{name: \"{n}\", labels: {labels}}}}}" for n, labels in self.namespaces.items()]
        documents += list(self.pods.values()) + self.objects
        with open(path, "w") as file:
            file.write("\n---\n".join(documents) + "\n")
        with open(path + ".expect", "w") as file:
            file.write("apiVersion: netpol.skiff/v1\nkind: Expectations\noutside:\n")
            file.write("".join(f'  {name}: "{address}"\n' for name, address in self.outside) or "  {}\n")
            for verdict in ("allow", "deny"):
                lines = [flow for v, flow in expectations if v == verdict]
                file.write(f"{verdict}:\n" + ("".join(f'  - "{flow}"\n' for flow in lines) or "  []\n"))


def run(words):
    result = subprocess.run([skiff, "netpol"] + words, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def check(what, good, output):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {what}\n" + "\n".join("     " + line for line in output.splitlines()[:40]))


def perform(title, number, step):
    path = os.path.join(work, "case.yaml")
    step.write(path, step.lines)
    family = [] if "--family" in step.args else ["--family", "dual"]
    for way in ([], ["--engine-only"]):
        name = f"{title} step {number}" + (" (engine)" if way else " (packets)")
        code, output = run(["test", "-f", path, "-e", path + ".expect"] + family + step.args + way)
        if step.refuse:
            check(name, code == 2 and step.refuse in output and path + ":" in output, output)
        else:
            check(name, code == 0 and (way or "real packets agree" in output), f"exit status {code}\n{output}")
    for rule in step.lint:
        code, output = run(["lint", "-f", path] + family)
        check(f"{title} step {number} lint {rule}", f"[{rule}]" in output, output)
    for line in step.fails:
        step.write(path, [line])
        code, output = run(["test", "-f", path, "-e", path + ".expect"] + family + step.args)
        check(f"{title} step {number}: must fail: {line[0]} {line[1]}", code in (1, 2), f"exit status {code}\n{output}")


cases = []
for line in open(os.path.join(here, "cases.txt")):
    line = line.rstrip("\n")
    if line.startswith("### "):
        cases.append((line[4:], [Step()]))
    elif line == "step":
        cases[-1][1].append(Step())
    elif line and not line.startswith("#"):
        cases[-1][1][-1].read(line)
for title, steps in cases:
    if wanted and title.split()[0] not in wanted:
        continue
    for number, step in enumerate(steps, 1):
        perform(title, number, step)
print(f"{len(cases)} cases: {passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
