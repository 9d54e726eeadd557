#!/usr/bin/env python3
"""Writes Sources/API/Schema/Generated/*.swift from a table of facts about the Kubernetes API.

usage: scripts/generate-schema.py FACTS.json [OUTPUT-DIRECTORY]

FACTS.json has `definitions` (message types by name, fields by JSON name), `protoOnly` (messages that exist on the wire
alone) and `resources` (what a server offers). The output is committed; a build needs neither this script nor the facts.

The output holds one string per package, in lines:
  =Name [flags]                      a type; flags: A atomic map, K=apiVersion/Kind top-level kind
  json-name number type [flags]      a field; number 0 when the wire form nests it elsewhere or has no such field
  ~number type                       a message that the wire form nests and the JSON form flattens
Types: s string, i int32, l int64, b bool, d double, B bytes, t Time, u MicroTime, q Quantity, x IntOrString,
  R RawExtension, F FieldsV1, J any JSON, O/P/S the three JSONSchemaPropsOr... forms, [T list, {T map by string,
  .Name a message of the same package, :package.Name a message of another one.
Flags: p pointer (absent and zero differ), a always written, r required, A atomic map, G granular map,
  La/Ls list type atomic/set, Lm=key,key map with keys, M=key patch merge key, S=strategy,strategy, D=json default,
  E=value,value enum.
"""
import json
import os
import sys

LEAVES = {
    "apimachinery.pkg.apis.meta.v1.Time": "t",
    "apimachinery.pkg.apis.meta.v1.MicroTime": "u",
    "apimachinery.pkg.api.resource.Quantity": "q",
    "apimachinery.pkg.util.intstr.IntOrString": "x",
    "apimachinery.pkg.runtime.RawExtension": "R",
    "apimachinery.pkg.apis.meta.v1.FieldsV1": "F",
    "apimachinery.pkg.apis.meta.v1.Patch": "J",
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "J",
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus": "J",
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "O",
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "P",
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "S",
}
SCALARS = {
    "string": "s", "integer:int32": "i", "integer:int64": "l", "boolean": "b", "number:double": "d", "string:byte": "B",
    "any": "J", "{any}": "J",
}
PROTO_SCALARS = {
    "string": "s", "int32": "i", "int64": "l", "bool": "b", "double": "d", "bytes": "B", "map<string, string>": "{s",
}
# Fields of wire-only messages that repeat; their table gives number and type alone.
REPEATED = {
    "items", "preferAvoidPods", "ports", "command", "dryRun", "paths", "versions", "resources", "subresources", "verbs",
    "shortNames", "categories", "objects", "convertedObjects", "warnings", "users", "userGroups", "namespaces", "rules",
    "nonResourceURLs", "omitStages", "resourceNames", "sourceIPs", "envFrom", "env", "resizePolicy", "restartPolicyRules",
    "volumeMounts", "volumeDevices", "args", "metrics", "currentMetrics", "conditions",
}
SKIPPED = ("testapigroup", "pkg.apis.example", "pkg.apis.audit")
# Non-pointer messages among flattened members; every other flattened message is a pointer in the Go source.
FLATTENED_VALUES = {("api.core.v1.EphemeralContainer", "resources")}


def package(name):
    return name.rsplit(".", 1)[0]


class Generator:
    def __init__(self, facts):
        self.definitions = facts["definitions"]
        self.wire_only = facts["protoOnly"]
        self.resources = facts["resources"]
        self.flattened = {}  # wire-only type -> the definition that flattens it

    def code(self, type_name, home):
        if type_name in SCALARS:
            return SCALARS[type_name]
        if type_name[0] == "[":
            return "[" + self.code(type_name[1:-1], home)
        if type_name[0] == "{":
            return "{" + self.code(type_name[1:-1], home)
        if type_name in LEAVES:
            return LEAVES[type_name]
        assert type_name in self.definitions or type_name in self.wire_only, type_name
        if package(type_name) == home:
            return "." + type_name.rsplit(".", 1)[1]
        return ":" + type_name

    def resolve(self, proto_type, home):
        """The full name behind a type as a .proto file of `home` writes it."""
        return proto_type[len(".k8s.io."):] if proto_type.startswith(".k8s.io.") else home + "." + proto_type

    def flags(self, field, required, home):
        out = []
        if field.get("ptr"):
            out.append("p")
        if field.get("always"):
            out.append("a")
        if required:
            out.append("r")
        if field.get("mapType") == "atomic":
            out.append("A")
        if field.get("mapType") == "granular":
            out.append("G")
        kind = field.get("listType")
        if kind == "atomic":
            out.append("La")
        elif kind == "set":
            out.append("Ls")
        elif kind == "map":
            out.append("Lm=" + ",".join(field["listMapKeys"]))
        if "mergeKey" in field:
            out.append("M=" + field["mergeKey"])
        if "patchStrategy" in field:
            out.append("S=" + field["patchStrategy"])
        if "default" in field:
            out.append("D=" + json.dumps(field["default"]))
        if "enum" in field:
            out.append("E=" + ",".join(field["enum"]))
        return out

    def inline(self, name, definition):
        """Splits `protoInline` into renamed fields {json name: number} and nested messages [(number, type)]."""
        home, renamed, nested = package(name), {}, []
        missing = {f.replace("-", "").lower(): f for f, v in definition["fields"].items() if "proto" not in v}
        for wire_name, entry in definition.get("protoInline", {}).items():
            match = missing.get(wire_name.lower())
            if match:
                renamed[match] = entry["proto"]
            else:
                target = home + "." + entry["type"]
                nested.append((entry["proto"], target))
                self.flattened.setdefault(target, name)
        return renamed, nested

    def definition_lines(self, name, definition):
        home = package(name)
        flags = ["A"] if definition.get("mapType") == "atomic" else []
        flags += ["K=" + gvk for gvk in definition.get("gvk", [])]
        yield " ".join(["=" + name.rsplit(".", 1)[1]] + flags)
        renamed, nested = self.inline(name, definition)
        required = set(definition.get("required", []))
        for field_name, field in definition["fields"].items():
            field = self.with_flattened_facts(name, field_name, field, renamed, nested)
            number = field.get("proto", renamed.get(field_name, 0))
            words = [field_name, str(number), self.code(field["type"], home)]
            yield " ".join(words + self.flags(field, field_name in required, home))
        for number, target in nested:
            yield "~%d %s" % (number, self.code(target, home))

    def with_flattened_facts(self, name, field_name, field, renamed, nested):
        """A flattened field's table entry lacks pointer facts: they come from the type it was flattened from."""
        if "proto" in field or field_name in ("apiVersion", "kind") or not nested:
            return field
        field = dict(field)
        for _, target in nested:
            source = self.definitions.get(target)
            if target.endswith(".EphemeralContainerCommon"):
                source = self.definitions["api.core.v1.Container"]
            if source and field_name in source["fields"]:
                original = source["fields"][field_name]
                for fact in ("ptr", "always"):
                    if fact in original:
                        field[fact] = original[fact]
                return field
        pointer = self.is_message(field["type"]) or field_name == "scope"
        if (name, field_name) not in FLATTENED_VALUES and pointer:
            field["ptr"] = True
        return field

    def is_message(self, type_name):
        return type_name in self.definitions and type_name not in LEAVES

    def wire_only_lines(self, name, fields):
        home = package(name)
        yield "=" + name.rsplit(".", 1)[1]
        owner = self.flattened.get(name)
        owner_fields = self.definitions[owner]["fields"] if owner else {}
        for field_name, (number, proto_type) in fields.items():
            if field_name in owner_fields:
                _, nested = self.inline(owner, self.definitions[owner])
                facts = self.with_flattened_facts(owner, field_name, owner_fields[field_name], {}, nested)
                words = [field_name, str(number), self.code(facts["type"], home)] + self.flags(facts, False, home)
                yield " ".join(words)
                continue
            if proto_type in PROTO_SCALARS:
                code = PROTO_SCALARS[proto_type]
            else:
                full = self.resolve(proto_type, home)
                if full not in LEAVES and full not in self.definitions and full not in self.wire_only:
                    continue
                code = self.code(full, home)
            yield " ".join([field_name, str(number), ("[" if field_name in REPEATED else "") + code])

    def packages(self):
        """Lines of every package, definitions first: they fill `flattened`."""
        out = {}
        for name, definition in sorted(self.definitions.items()):
            if "fields" in definition:
                out.setdefault(package(name), []).extend(self.definition_lines(name, definition))
        for name, fields in sorted(self.wire_only.items()):
            if not any(part in name for part in SKIPPED) and name not in self.definitions and name not in LEAVES:
                out.setdefault(package(name), []).extend(self.wire_only_lines(name, fields))
        return out

    def resource_lines(self):
        """group|version|plural|singular|Kind|N or C|verbs|short|categories|sub:group/version/Kind:verbs ..."""
        for r in self.resources:
            subs = []
            for s in r.get("subresources", []):
                group, version = s.get("group", ""), s.get("version", "") or ""
                if not version:
                    group, version = r["group"], r["version"]
                subs.append("%s:%s/%s/%s:%s" % (s["name"], group, version, s["kind"], ",".join(s["verbs"])))
            yield "|".join([
                r["group"], r["version"], r["resource"], r.get("singularResource", r["kind"].lower()), r["kind"],
                "N" if r["namespaced"] else "C", ",".join(r["verbs"]), ",".join(r.get("shortNames", [])),
                ",".join(r.get("categories", [])), " ".join(subs)])


def literal(identifier, comment, owner, lines):
    body = "\n".join("        " + line for line in lines)
    assert '"""' not in body and "\\" not in body
    return (
        "// Written by scripts/generate-schema.py; do not edit.\n\nextension %s {\n    /// %s\n"
        "    static let %s: StaticString = \"\"\"\n%s\n        \"\"\"\n}\n" % (owner, comment, identifier, body))


def identifier_of(name):
    parts = name.replace("-", ".").split(".")
    parts = [p for p in parts if p not in ("api", "pkg", "apis", "apimachinery", "apiserver", "kube", "aggregator")]
    return parts[0] + "".join(p[0].upper() + p[1:] for p in parts[1:])


def main():
    facts = json.load(open(sys.argv[1]))
    default = os.path.join(os.path.dirname(__file__), "..", "Sources", "API", "Schema", "Generated")
    directory = sys.argv[2] if len(sys.argv) > 2 else default
    os.makedirs(directory, exist_ok=True)
    generator = Generator(facts)
    packages = generator.packages()
    index = []
    for name, lines in sorted(packages.items()):
        identifier = identifier_of(name)
        index.append((name, identifier))
        path = os.path.join(directory, "Schema+%s.swift" % (identifier[0].upper() + identifier[1:]))
        with open(path, "w") as out:
            out.write(literal(identifier, "Types of `%s`." % name, "SchemaTables", lines))
    with open(os.path.join(directory, "SchemaTables.swift"), "w") as out:
        out.write("// Written by scripts/generate-schema.py; do not edit.\n\n/// The tables of every package, by package name.\n")
        out.write("enum SchemaTables {\n    static let packages: [(name: String, lines: StaticString)] = [\n")
        for name, identifier in index:
            out.write('        ("%s", %s),\n' % (name, identifier))
        out.write("    ]\n}\n")
    with open(os.path.join(directory, "ResourceTable.swift"), "w") as out:
        out.write(literal("resources", "Every resource that a server of this version offers, in discovery order.",
                          "SchemaTables", generator.resource_lines()))


main()
