package import JSON

/// One entry of `spec.volumes`.
package struct Volume: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// `medium` is empty or `Memory`.
        case emptyDir(medium: String, sizeLimit: Quantity?)
        /// `type` is empty or `DirectoryOrCreate`, `Directory`, `FileOrCreate`, `File`, `Socket`, `CharDevice`, `BlockDevice`.
        case hostPath(path: String, type: String)
        case configMap(VolumeProjection.Keyed, defaultMode: Int)
        case secret(VolumeProjection.Keyed, defaultMode: Int)
        case downwardAPI(items: [VolumeProjection.DownwardItem], defaultMode: Int)
        case projected(sources: [VolumeProjection], defaultMode: Int)
        case persistentVolumeClaim(name: String, readOnly: Bool)
        /// The name of a source that no view reads yet.
        case other(String)
    }

    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    package init(json: JSONValue) {
        name = json["name"]?.string ?? ""
        if let host = json["hostPath"] {
            source = .hostPath(path: host["path"]?.string ?? "", type: host["type"]?.string ?? "")
        } else if let map = json["configMap"] {
            source = .configMap(
                VolumeProjection.Keyed(json: map, nameKey: "name"), defaultMode: Self.mode(map["defaultMode"]))
        } else if let secret = json["secret"] {
            source = .secret(
                VolumeProjection.Keyed(json: secret, nameKey: "secretName"), defaultMode: Self.mode(secret["defaultMode"]))
        } else if let downward = json["downwardAPI"] {
            source = .downwardAPI(
                items: downward["items"]?.array?.map(VolumeProjection.DownwardItem.init(json:)) ?? [],
                defaultMode: Self.mode(downward["defaultMode"]))
        } else if let projected = json["projected"] {
            source = .projected(
                sources: projected["sources"]?.array?.compactMap(VolumeProjection.init(json:)) ?? [],
                defaultMode: Self.mode(projected["defaultMode"]))
        } else if let claim = json["persistentVolumeClaim"] {
            source = .persistentVolumeClaim(
                name: claim["claimName"]?.string ?? "", readOnly: claim["readOnly"]?.bool ?? false)
        } else if let other = json.object?.members.first(where: { $0.key != "name" && $0.key != "emptyDir" })?.key {
            source = .other(other)
        } else {
            source = .emptyDir(
                medium: json["emptyDir"]?["medium"]?.string ?? "",
                sizeLimit: json["emptyDir"]?["sizeLimit"].flatMap(Quantity.init(json:)))
        }
    }

    private static func mode(_ json: JSONValue?) -> Int { Int(json?.int ?? 0o644) }
}

/// One source of a projected volume.
package enum VolumeProjection: Hashable, Sendable {
    /// Keys of a ConfigMap or Secret; `items` empty: every key under its own name.
    package struct Keyed: Hashable, Sendable {
        package var name: String
        package var items: [Item]
        package var optional: Bool

        package init(name: String, items: [Item] = [], optional: Bool = false) {
            self.name = name
            self.items = items
            self.optional = optional
        }

        package init(json: JSONValue, nameKey: String) {
            self.init(
                name: json[nameKey]?.string ?? "",
                items: json["items"]?.array?.map {
                    Item(
                        key: $0["key"]?.string ?? "", path: $0["path"]?.string ?? "", mode: $0["mode"]?.int.map(Int.init))
                } ?? [],
                optional: json["optional"]?.bool ?? false)
        }
    }

    package struct Item: Hashable, Sendable {
        package var key: String
        package var path: String
        package var mode: Int?

        package init(key: String, path: String, mode: Int? = nil) {
            self.key = key
            self.path = path
            self.mode = mode
        }
    }

    package struct DownwardItem: Hashable, Sendable {
        package var path: String
        package var source: EnvVar.Source
        package var mode: Int?

        package init(path: String, source: EnvVar.Source, mode: Int? = nil) {
            self.path = path
            self.source = source
            self.mode = mode
        }

        package init(json: JSONValue) {
            self.init(
                path: json["path"]?.string ?? "", source: EnvVar(json: ["valueFrom": json]).source,
                mode: json["mode"]?.int.map(Int.init))
        }
    }

    case configMap(Keyed)
    case secret(Keyed)
    case downwardAPI([DownwardItem])
    case serviceAccountToken(path: String, audience: String, expirationSeconds: Int64)

    package init?(json: JSONValue) {
        if let map = json["configMap"] {
            self = .configMap(Keyed(json: map, nameKey: "name"))
        } else if let secret = json["secret"] {
            self = .secret(Keyed(json: secret, nameKey: "name"))
        } else if let downward = json["downwardAPI"] {
            self = .downwardAPI(downward["items"]?.array?.map(DownwardItem.init(json:)) ?? [])
        } else if let token = json["serviceAccountToken"] {
            self = .serviceAccountToken(
                path: token["path"]?.string ?? "", audience: token["audience"]?.string ?? "",
                expirationSeconds: token["expirationSeconds"]?.int ?? 3600)
        } else {
            return nil
        }
    }
}
