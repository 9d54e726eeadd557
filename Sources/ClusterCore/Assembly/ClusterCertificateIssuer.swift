import API
import APIServer
import Controllers
import PKI

/// The certificate controllers' edge in production: the cluster's own authority, and its access rules.
struct ClusterCertificateIssuer: CertificateIssuer {
    let authority: CertificateAuthority
    let authorizer: Authorizer

    func subject(of request: [UInt8]) -> CertificateSubject? {
        guard let read = try? SigningRequest(pem: request), read.isGenuine else { return nil }
        return CertificateSubject(
            commonName: read.commonName, organizations: read.organizations, dnsNames: read.dnsNames,
            ipAddresses: read.ipAddresses, emailAddresses: read.emailAddresses, uris: read.uris)
    }

    func sign(
        _ request: [UInt8], usages: [String], notBefore: Int64, notAfter: Int64
    ) throws(SigningRefusal) -> [UInt8] {
        do throws(PKIError) {
            let read = try SigningRequest(pem: request)
            return Array(try authority.sign(read, usages: usages, notBefore: notBefore, notAfter: notAfter).utf8)
        } catch {
            throw SigningRefusal("\(error)")
        }
    }

    func end(of certificate: [UInt8]) -> Int64? { CertificateTimes.notAfter(pem: certificate) }

    func mayCreate(_ subresource: String, _ request: CertificateSigningRequest) -> Bool {
        let user = User(name: request.username, uid: request.uid, groups: request.groups, extra: request.extra)
        return authorizer.allows(
            AccessRequest(
                user: user, verb: "create", group: CertificateSigningRequest.resource.group, version: "*",
                resource: CertificateSigningRequest.resource.resource, subresource: subresource))
    }
}
