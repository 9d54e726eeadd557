package import API

/// What certificate controllers cannot do themselves: read requests, sign them, ask what someone may do.
package protocol CertificateIssuer: Sendable {
    /// Nil when the bytes are no request, or not one made with its own key.
    func subject(of request: [UInt8]) -> CertificateSubject?

    /// Signs a request; times are Unix seconds, the result is PEM.
    func sign(
        _ request: [UInt8], usages: [String], notBefore: Int64, notAfter: Int64
    ) throws(SigningRefusal) -> [UInt8]

    /// Unix seconds after which a certificate (PEM) is invalid; nil when it is none.
    func end(of certificate: [UInt8]) -> Int64?

    /// Whether the sender of a request may `create` this subresource of certificate requests.
    func mayCreate(_ subresource: String, _ request: CertificateSigningRequest) -> Bool
}

/// Why a request was not signed.
package struct SigningRefusal: Error, Hashable, Sendable {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// Whom a request wants certified.
package struct CertificateSubject: Hashable, Sendable {
    package var commonName: String
    package var organizations: [String]
    package var dnsNames: [String]
    package var ipAddresses: [String]
    package var emailAddresses: [String]
    package var uris: [String]

    package init(
        commonName: String, organizations: [String] = [], dnsNames: [String] = [], ipAddresses: [String] = [],
        emailAddresses: [String] = [], uris: [String] = []
    ) {
        self.commonName = commonName
        self.organizations = organizations
        self.dnsNames = dnsNames
        self.ipAddresses = ipAddresses
        self.emailAddresses = emailAddresses
        self.uris = uris
    }
}

/// The signers that every cluster has, and what each asks of a request.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/certificates/helpers.go`, `pkg/controller/certificates/signer/signer.go`.
package enum BuiltInSigner: String, CaseIterable, Sendable {
    case apiClient = "kubernetes.io/kube-apiserver-client"
    case kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet"
    case kubeletServing = "kubernetes.io/kubelet-serving"
    case legacyUnknown = "kubernetes.io/legacy-unknown"

    /// Why the signer will not take a request; nil: it will.
    func complaint(_ subject: CertificateSubject, _ usages: [String]) -> String? {
        let usages = Set(usages)
        switch self {
        case .legacyUnknown: return nil
        case .apiClient:
            guard usages.contains("client auth"), usages.isSubset(of: Self.clientUsages) else {
                return Self.mismatch(usages)
            }
            return nil
        case .kubeletClient: return Self.kubeletClientComplaint(subject, usages)
        case .kubeletServing: return Self.kubeletServingComplaint(subject, usages)
        }
    }

    private static let clientUsages: Set<String> = ["digital signature", "key encipherment", "client auth"]
    private static let servingUsages: Set<String> = ["digital signature", "key encipherment", "server auth"]

    private static func mismatch(_ usages: Set<String>) -> String {
        "usages did not match [\(usages.sorted().joined(separator: " "))]"
    }

    private static func kubeletClientComplaint(_ subject: CertificateSubject, _ usages: Set<String>) -> String? {
        if subject.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if !subject.dnsNames.isEmpty { return "DNS subjectAltNames are not allowed" }
        if !subject.emailAddresses.isEmpty { return "Email subjectAltNames are not allowed" }
        if !subject.ipAddresses.isEmpty { return "IP subjectAltNames are not allowed" }
        if !subject.uris.isEmpty { return "URI subjectAltNames are not allowed" }
        guard subject.commonName.hasPrefix("system:node:") else {
            return "subject common name does not begin with system:node:"
        }
        // Keys that cannot encipher ask for two usages only.
        guard usages == clientUsages || usages == clientUsages.subtracting(["key encipherment"]) else {
            return mismatch(clientUsages)
        }
        return nil
    }

    private static func kubeletServingComplaint(_ subject: CertificateSubject, _ usages: Set<String>) -> String? {
        if subject.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if subject.dnsNames.isEmpty, subject.ipAddresses.isEmpty { return "DNS or IP subjectAltName is required" }
        if !subject.emailAddresses.isEmpty { return "Email subjectAltNames are not allowed" }
        if !subject.uris.isEmpty { return "URI subjectAltNames are not allowed" }
        guard usages == servingUsages || usages == servingUsages.subtracting(["key encipherment"]) else {
            return mismatch(servingUsages)
        }
        guard subject.commonName.hasPrefix("system:node:") else {
            return "subject common name does not begin with system:node:"
        }
        return nil
    }
}
