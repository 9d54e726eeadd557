import APIServer
import Glibc
import PKI
import Store

/// The authority behind the certificate that servers of other parts of the API are shown. Kept beside the store, made when
/// it is not there.
enum FrontProxyAuthority {
    static func identity(directory: String) throws -> FrontProxyIdentity {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw StoreError.failed(
                code: Int(errno), message: "cannot create \(directory): \(String(cString: strerror(errno)))")
        }
        let (certificate, key) = ("\(directory)/front-proxy-ca.crt", "\(directory)/front-proxy-ca.key")
        let authority: CertificateAuthority
        if let known = read(certificate), let secret = read(key) {
            authority = try CertificateAuthority.load(certificatePEM: known, keyPEM: secret)
        } else {
            authority = try CertificateAuthority(commonName: "front-proxy-ca")
            try write(authority.privateKeyPEM, to: key)
            try write(authority.certificatePEM, to: certificate)
        }
        let client = try authority.issue(.client(commonName: FrontProxyIdentity.commonName, organizations: []))
        return FrontProxyIdentity(
            authorityPEM: authority.certificatePEM, certificatePEM: client.certificatePEM, keyPEM: client.privateKeyPEM)
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = Glibc.read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) throws(StoreError) {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        var text = text
        let written = file < 0 ? -1 : text.withUTF8 { Glibc.write(file, $0.baseAddress, $0.count) }
        let code = errno
        if file >= 0 { close(file) }
        guard written == text.utf8.count else {
            throw StoreError.failed(code: Int(code), message: "cannot write \(path): \(String(cString: strerror(code)))")
        }
    }
}
