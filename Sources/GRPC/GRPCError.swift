/// A call that did not end with status `OK`.
package struct GRPCError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The status codes of gRPC.
    package enum Code: Int, Hashable, Sendable {
        case cancelled = 1
        case unknown
        case invalidArgument
        case deadlineExceeded
        case notFound
        case alreadyExists
        case permissionDenied
        case resourceExhausted
        case failedPrecondition
        case aborted
        case outOfRange
        case unimplemented
        case `internal`
        case unavailable
        case dataLoss
        case unauthenticated
    }

    package var code: Code
    package var message: String
    /// No byte of the request has left this process: the call may be made again elsewhere, whatever it does.
    package var isUnsent = false

    package init(_ code: Code, _ message: String, isUnsent: Bool = false) {
        self.code = code
        self.message = message
        self.isUnsent = isUnsent
    }

    package var description: String { "\(code): \(message)" }
}

extension GRPCError {
    /// The status that stands for an answer without `grpc-status`.
    /// - SeeAlso: gRPC `doc/http-grpc-status-mapping.md`.
    static func code(httpStatus: Int) -> Code {
        switch httpStatus {
        case 400: .internal
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404: .unimplemented
        case 429, 502, 503, 504: .unavailable
        default: .unknown
        }
    }

    /// Undoes the percent-encoding of `grpc-message`; a broken escape stays as it is.
    static func decodeMessage(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `grpc-timeout`: at most eight digits and a unit. Rounded up, so that the server never gives up first by rounding.
    static func timeoutHeader(_ timeout: Duration) -> String {
        let (seconds, attoseconds) = timeout.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        if milliseconds < 100_000_000 { return "\(max(1, milliseconds))m" }
        return "\(min(seconds + 1, 99_999_999))S"
    }
}
