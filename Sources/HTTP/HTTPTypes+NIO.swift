import NIOCore
import NIOHTTP1

extension HTTPHeaders {
    init(_ headers: NIOHTTP1.HTTPHeaders) {
        self.init(headers.map { Field(name: $0.name, value: $0.value) })
    }

    /// NIO's form. Line ends inside a field would start another one: such fields are left out.
    var forNIO: NIOHTTP1.HTTPHeaders {
        NIOHTTP1.HTTPHeaders(fields.filter { Self.isClean($0.name) && Self.isClean($0.value) }.map { ($0.name, $0.value) })
    }

    /// True when a comma-separated field contains the token, without regard to case.
    package func contains(_ name: String, token: String) -> Bool {
        values(name).contains { value in
            value.split(separator: ",").contains { part in
                part.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }.lowercased() == token
            }
        }
    }

    private static func isClean(_ text: String) -> Bool {
        !text.utf8.contains { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") || $0 == 0 }
    }
}

extension HTTPVersion {
    /// HTTP/1.0 and older: no chunks, no persistent connections unless asked for.
    var isBefore11: Bool { major < 1 || (major == 1 && minor < 1) }
}

extension SocketAddress {
    /// `127.0.0.1:40512`, `[::1]:40512`, `unix`.
    var text: String {
        guard let ipAddress, let port else { return "unix" }
        return ipAddress.utf8.contains(UInt8(ascii: ":")) ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
