package import JSON

/// A kubeconfig file with one cluster, one user and one context, in the JSON form of YAML so that any reader takes it.
package enum KubeconfigText {
    /// - Parameters:
    ///   - server: `https://127.0.0.1:6443`.
    ///   - name: Name of cluster, user and context.
    ///   - data: PEM texts; base64 encoded here.
    package static func json(
        server: String, name: String, certificateAuthority: String, clientCertificate: String, clientKey: String
    ) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Config",
            "clusters": [
                [
                    "name": .string(name),
                    "cluster": [
                        "server": .string(server),
                        "certificate-authority-data": .string(Base64.encode(Array(certificateAuthority.utf8))),
                    ],
                ]
            ],
            "users": [
                [
                    "name": .string(name),
                    "user": [
                        "client-certificate-data": .string(Base64.encode(Array(clientCertificate.utf8))),
                        "client-key-data": .string(Base64.encode(Array(clientKey.utf8))),
                    ],
                ]
            ],
            "contexts": [["name": .string(name), "context": ["cluster": .string(name), "user": .string(name)]]],
            "current-context": .string(name), "preferences": [:],
        ]
    }

    /// As block YAML, the form that people expect to read.
    package static func yaml(_ value: JSONValue, indent: Int = 0) -> String {
        let pad = String(repeating: " ", count: indent)
        switch value {
        case .object(let object) where !object.isEmpty:
            return object.map { member in
                "\(pad)\(scalarKey(member.key)):" + child(member.value, indent: indent)
            }.joined()
        case .array(let values) where !values.isEmpty:
            return values.map { element in
                guard case .object(let object) = element, !object.isEmpty else {
                    return "\(pad)-" + child(element, indent: indent)
                }
                return "\(pad)- " + yaml(element, indent: indent + 2).drop { $0 == " " }
            }.joined()
        default: return pad + scalar(value) + "\n"
        }
    }

    private static func child(_ value: JSONValue, indent: Int) -> String {
        switch value {
        case .object(let object) where !object.isEmpty: "\n" + yaml(value, indent: indent + 2)
        case .array(let values) where !values.isEmpty: "\n" + yaml(value, indent: indent)
        default: " " + scalar(value) + "\n"
        }
    }

    private static func scalarKey(_ key: String) -> String { isPlain(key) ? key : JSONWriter.text(.string(key)) }

    /// A string that YAML might read as something else is written in JSON's quotes.
    private static func scalar(_ value: JSONValue) -> String {
        if case .string(let text) = value, isPlain(text) { return text }
        return JSONWriter.text(value)
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7a).contains(first | 0x20) || first == 0x2f else { return false }
        let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        guard !words.contains(text.lowercased()) else { return false }
        return text.utf8.enumerated().allSatisfy { index, byte in
            (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_./@+=".utf8.contains(byte)
                || (byte == UInt8(ascii: ":") && index + 1 < text.utf8.count)
        }
    }

    /// Puts the entries of `addition` into `existing`, replacing those of the same name and touching nothing else.
    ///
    /// - Parameter select: Makes the addition's context the current one.
    package static func merge(_ addition: JSONValue, into existing: JSONValue, select: Bool) -> JSONValue {
        var result = existing
        if result["apiVersion"] == nil { result["apiVersion"] = "v1" }
        if result["kind"] == nil { result["kind"] = "Config" }
        for list in ["clusters", "contexts", "users"] {
            var entries = result[list]?.array ?? []
            for entry in addition[list]?.array ?? [] {
                if let index = entries.firstIndex(where: { $0["name"] == entry["name"] }) {
                    entries[index] = entry
                } else {
                    entries.append(entry)
                }
            }
            result[list] = .array(entries)
        }
        let current = result["current-context"]?.string ?? ""
        if select || current.isEmpty, let context = addition["current-context"] { result["current-context"] = context }
        return result
    }

    /// Takes out the entries of one name.
    package static func remove(_ name: String, from existing: JSONValue) -> JSONValue {
        var result = existing
        for list in ["clusters", "contexts", "users"] {
            guard let entries = result[list]?.array else { continue }
            result[list] = .array(entries.filter { $0["name"]?.string != name })
        }
        if result["current-context"]?.string == name { result["current-context"] = "" }
        return result
    }
}

/// RFC 4648 base64 with padding.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = min(3, bytes.count - start)
            let word =
                UInt32(bytes[start]) << 16 | (rest > 1 ? UInt32(bytes[start + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(bytes[start + 2]) : 0)
            for digit in 0..<4 {
                text.append(digit <= rest ? alphabet[Int(word >> (18 - 6 * UInt32(digit)) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
