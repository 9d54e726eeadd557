import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why no connection came about, in the words that Go's `net` and `crypto/tls` use: they stand in messages that users read, as
/// those of webhooks and API services.
enum ConnectFailureText {
    static func text(_ error: any Error, address: String, serverName: String) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let failure = error.connectionErrors.last else { return "dial tcp: lookup \(error.host): no such host" }
            return text(failure.error, address: address, serverName: serverName)
        case let error as IOError: return "dial tcp \(address): connect: \(words(errno: error.errnoCode))"
        case ChannelError.connectTimeout: return "dial tcp \(address): i/o timeout"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "tls: failed to verify certificate: x509: certificate is not valid for \(serverName)"
        case NIOSSLError.handshakeFailed(.sslError(let errors)):
            guard errors.contains(where: { $0.description.contains("CERTIFICATE_VERIFY_FAILED") }) else { return "\(error)" }
            return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        default: return "\(error)"
        }
    }

    /// As Go writes them: the C library's words, in small letters.
    private static func words(errno: CInt) -> String {
        switch errno {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET: "connection reset by peer"
        case EHOSTUNREACH: "no route to host"
        case ENETUNREACH: "network is unreachable"
        case ETIMEDOUT: "connection timed out"
        default: "errno \(errno)"
        }
    }
}
