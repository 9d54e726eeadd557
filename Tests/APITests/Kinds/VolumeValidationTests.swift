import JSON
import Testing

@testable import API

@Suite struct VolumeValidationTests {
    private static let at = "spec.volumes[0]"

    /// Members of the only volume beside its name.
    static let sources: [(JSONValue, [String])] = [
        (
            ["hostPath": ["path": "/a/../b", "type": "Dir"]],
            [
                "\(at).hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
                "\(at).hostPath.type: Unsupported value: \"Dir\": supported values: \"\", \"BlockDevice\", \"CharDevice\", "
                    + "\"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"",
            ]
        ),
        (
            ["hostPath": ["path": "/a"], "emptyDir": [:]],
            ["\(at).hostPath: Forbidden: may not specify more than 1 volume type"]
        ),
        (
            ["secret": ["defaultMode": 512, "items": [["key": "", "path": "../x"]]]],
            [
                "\(at).secret.secretName: Required value",
                "\(at).secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
                "\(at).secret.items[0].key: Required value",
                "\(at).secret.items[0].path: Invalid value: \"../x\": must not contain '..'",
            ]
        ),
        (["configMap": [:]], ["\(at).configMap.name: Required value"]),
        (["persistentVolumeClaim": [:]], ["\(at).persistentVolumeClaim.claimName: Required value"]),
        (
            ["nfs": ["server": "s", "path": "a"]],
            ["\(at).nfs.path: Invalid value: \"a\": must be an absolute path"]
        ),
        (
            ["iscsi": ["targetPortal": "p", "iqn": "abc", "lun": 300]],
            [
                "\(at).iscsi.iqn: Invalid value: \"abc\": must be valid format starting with iqn, eui, or naa",
                "\(at).iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
            ]
        ),
        (["iscsi": ["targetPortal": "p", "iqn": "iqn.2001-04.com.example:storage"]], []),
        (["fc": ["targetWWNs": ["a"]]], ["\(at).fc.lun: Required value: lun is required if targetWWNs is specified"]),
        (
            ["csi": ["driver": ""]],
            [
                "\(at).csi.driver: Required value",
                "\(at).csi.driver: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                    + "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
                    + "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ]
        ),
        (
            ["downwardAPI": ["items": [["path": "a", "fieldRef": ["fieldPath": "spec.nodeName"]], ["path": "b"]]]],
            [
                "\(at).downwardAPI.fieldRef.fieldPath: Unsupported value: \"spec.nodeName\": supported values: "
                    + "\"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\"",
                "\(at).downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
            ]
        ),
        (["ephemeral": [:]], ["\(at).ephemeral.volumeClaimTemplate: Required value"]),
        (
            ["ephemeral": ["volumeClaimTemplate": ["metadata": ["name": "x"], "spec": ["resources": [:]]]]],
            [
                "\(at).ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
                "\(at).ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required",
                "\(at).ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value",
            ]
        ),
        (["image": ["pullPolicy": "Never"]], ["\(at).image.reference: Required value"]),
        (
            ["gcePersistentDisk": ["partition": 256]],
            [
                "\(at).persistentDisk.pdName: Required value",
                "\(at).persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive",
            ]
        ),
        (
            ["azureDisk": ["diskName": "d", "diskURI": "x", "kind": "Managed"]],
            [
                "\(at).azureDisk.diskURI: Unsupported value: \"x\": supported values: "
                    + "\"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}\""
            ]
        ),
        (
            ["flexVolume": ["driver": "d", "options": ["kubernetes.io/x": "y"]]],
            [
                "\(at).flexVolume.options[kubernetes.io/x]: Invalid value: \"kubernetes.io/x\": kubernetes.io and k8s.io namespaces "
                    + "are reserved"
            ]
        ),
    ]

    @Test(arguments: sources.indices)
    func `judges each source as upstream`(index: Int) throws {
        let (members, causes) = Self.sources[index]
        var volume: JSONValue = ["name": "v"]
        for member in members.object?.members ?? [] { volume[member.key] = member.value }
        let pod = try KindSamples.pod(KindCase("spec.volumes", [volume]))
        #expect(try KindSamples.kind("pods").causes(pod) == causes)
    }

    @Test func `projected sources do not write the same file twice`() throws {
        let pod = try KindSamples.pod(
            KindCase(
                "spec.volumes",
                [
                    [
                        "name": "p",
                        "projected": [
                            "sources": [
                                ["secret": ["name": "s", "items": [["key": "k", "path": "a"]]]],
                                ["configMap": ["name": "c", "items": [["key": "k", "path": "a"]]]],
                                ["serviceAccountToken": ["path": "", "expirationSeconds": 599]],
                                ["secret": ["name": "s"], "configMap": ["name": "c"]],
                            ]
                        ],
                    ]
                ]))
        #expect(
            try KindSamples.kind("pods").causes(pod) == [
                "spec.volumes[0].projected: Invalid value: \"c\": conflicting duplicate paths",
                "spec.volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a "
                    + "duration less than 10 minutes",
                "spec.volumes[0].projected.path: Required value",
                "spec.volumes[0].projected.sources[3]: Forbidden: may not specify more than 1 volume type per source",
                "spec.volumes[0].projected.sources[2].serviceAccountToken: Forbidden: must not be specified when "
                    + "serviceAccountName is not set",
            ])
    }

    @Test func `names are unique, and generated claims belong to their volume`() throws {
        let template: JSONValue = [
            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
        ]
        let pod = try KindSamples.pod(
            KindCase(
                "spec.volumes",
                [
                    ["name": "v"], ["name": "v"], ["name": "e", "ephemeral": ["volumeClaimTemplate": template]],
                    ["name": "c", "persistentVolumeClaim": ["claimName": "web-e"]],
                ]))
        #expect(
            try KindSamples.kind("pods").causes(pod) == [
                "spec.volumes[1].name: Duplicate value: \"v\"",
                "spec.volumes[3].persistentVolumeClaim.claimName: Invalid value: \"web-e\": must not reference a PVC that gets "
                    + "created for an ephemeral volume",
            ])
    }

    private func volume(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var volume: JSONValue = [
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": "pv", "resourceVersion": "1"],
            "spec": ["capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/data"]],
        ]
        change(&volume)
        return try KindSamples.defaulted(volume, "persistentvolumes")
    }

    @Test func `a persistent volume keeps its source`() throws {
        let kind = try KindSamples.kind("persistentvolumes")
        let old = try volume()
        #expect(kind.causes(old) == [])
        #expect(old["spec"]?["persistentVolumeReclaimPolicy"] == "Retain")
        let moved = try volume { $0[path: ["spec", "hostPath", "path"]] = "/other" }
        let causes = kind.causes(moved, old)
        #expect(causes.count == 1)
        let prefix = "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n"
        #expect(causes.first?.hasPrefix(prefix + "  core.PersistentVolumeSource{\n") ?? false)
        #expect(causes.first?.contains("- \t\tPath: \"/data\",\n+ \t\tPath: \"/other\",\n") ?? false)
        let broken = try volume {
            $0["spec"] = [
                "capacity": ["cpu": "1"], "accessModes": ["ReadWriteOncePod", "ReadOnlyMany"], "local": ["path": "/x"],
                "persistentVolumeReclaimPolicy": "Keep", "volumeAttributesClassName": "",
            ]
        }
        #expect(
            kind.causes(broken) == [
                "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
                "spec.capacity: Unsupported value: {\"cpu\":\"1\"}: supported values: \"storage\"",
                "spec.persistentVolumeReclaimPolicy: Unsupported value: \"Keep\": supported values: \"Delete\", \"Recycle\", "
                    + "\"Retain\"",
                "spec.nodeAffinity: Required value: Local volume requires node affinity",
                "spec.volumeAttributesClassName: Required value: an empty string is disallowed",
                "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
            ])
    }

    private func claim(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var claim = KindSamples.metadata("PersistentVolumeClaim")
        claim["spec"] = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
        claim["status"] = ["phase": "Bound", "capacity": ["storage": "1Gi"]]
        change(&claim)
        return try KindSamples.defaulted(claim, "persistentvolumeclaims")
    }

    @Test func `a claim grows when bound, and changes nothing else`() throws {
        let kind = try KindSamples.kind("persistentvolumeclaims")
        let old = try claim()
        #expect(kind.causes(old) == [])
        let grown = try claim { $0[path: ["spec", "resources", "requests", "storage"]] = "2Gi" }
        #expect(kind.causes(grown, old) == [])
        let shrunk = try claim { $0[path: ["spec", "resources", "requests", "storage"]] = "512Mi" }
        #expect(
            kind.causes(shrunk, old) == [
                "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
            ])
        let other = try claim { $0[path: ["spec", "accessModes"]] = ["ReadWriteMany"] }
        let causes = kind.causes(other, old)
        #expect(causes.count == 1)
        #expect(
            causes.first?.hasPrefix(
                "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for "
                    + "bound claims\n  core.PersistentVolumeClaimSpec{\n") ?? false)
        let named = try claim { $0[path: ["spec", "volumeName"]] = "pv" }
        #expect(kind.causes(named, old) == [])
        #expect(kind.causes(old, named).count == 1)
    }

    @Test func `a claim's source and its reference say the same`() throws {
        let kind = try KindSamples.kind("persistentvolumeclaims")
        let snapshot: JSONValue = ["apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"]
        var object = try claim { $0[path: ["spec", "dataSource"]] = snapshot }
        kind.prepareForCreate(&object)
        #expect(object["spec"]?["dataSourceRef"] == snapshot)
        #expect(object["status"] == ["phase": "Pending"])
        var other = try claim { $0[path: ["spec", "dataSource"]] = ["kind": "Other", "name": "s", "apiGroup": "x.y"] }
        kind.prepareForCreate(&other)
        #expect(other["spec"]?["dataSource"] == nil)
    }
}
