package import JSON

/// A view of `certificates.k8s.io/v1, CertificateSigningRequest`.
package struct CertificateSigningRequest: APIObject, Hashable {
    package static let resource = GroupVersionResource(
        group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests")
    package static let kind = "CertificateSigningRequest"
    package static let isNamespaced = false

    package var metadata: ObjectMeta
    /// PEM of a PKCS#10 request.
    package var request: [UInt8]
    package var signerName: String
    package var usages: [String]
    /// What the requester asks for; nil: the signer's own time.
    package var expirationSeconds: Int64?
    /// Who sent the request.
    package var username: String
    package var uid: String
    package var groups: [String]
    package var extra: [String: [String]]
    /// As they are written.
    package var conditions: [JSONValue]
    /// PEM; empty: not issued.
    package var certificate: [UInt8]

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        let spec = json["spec"] ?? [:]
        func strings(_ name: String) -> [String] { (spec[name]?.array ?? []).compactMap(\.string) }
        request = spec["request"]?.string.flatMap(Base64.decode) ?? []
        signerName = spec["signerName"]?.string ?? ""
        usages = strings("usages")
        expirationSeconds = spec["expirationSeconds"]?.int
        username = spec["username"]?.string ?? ""
        uid = spec["uid"]?.string ?? ""
        groups = strings("groups")
        var extra: [String: [String]] = [:]
        for member in spec["extra"]?.object?.members ?? [] { extra[member.key] = member.value.array?.compactMap(\.string) ?? [] }
        self.extra = extra
        conditions = json["status"]?["conditions"]?.array ?? []
        certificate = json["status"]?["certificate"]?.string.flatMap(Base64.decode) ?? []
    }

    /// `Approved`, `Denied`, `Failed`.
    package func has(_ condition: String) -> Bool {
        conditions.contains { $0["type"]?.string == condition && $0["status"]?.string != "False" }
    }
}
