package import JSON
import Netlink

/// Why an operation failed, as the runtime reads it from standard output.
package struct CNIFailure: Error, Hashable, Sendable {
    /// Codes of the specification, section "Error", and the two that its library adds (8 and 999).
    package enum Code: Int, Hashable, Sendable {
        case incompatibleVersion = 1
        case unsupportedField = 2
        case unknownContainer = 3
        case invalidEnvironment = 4
        case inputOutput = 5
        case notDecodable = 6
        case invalidConfiguration = 7
        case invalidNamespace = 8
        case tryAgainLater = 11
        case notAvailable = 50
        case limitedConnectivity = 51
        case failed = 999
    }

    package var code: Code
    package var message: String
    package var details: String
    /// What the configuration asks for; nil when it could not be read so far.
    package var version: CNIVersion?

    package init(_ code: Code, _ message: String, details: String = "") {
        self.code = code
        self.message = message
        self.details = details
    }

    /// Runs `body`; what the kernel refuses in it becomes a failure with `message`.
    static func when<Result>(_ message: String, code: Code = .failed, _ body: () throws(NetlinkError) -> Result)
        throws(CNIFailure) -> Result
    {
        do throws(NetlinkError) { return try body() } catch { throw CNIFailure(code, message, details: error.description) }
    }

    package func json(_ version: CNIVersion) -> JSONValue {
        var value: JSONValue = [
            "cniVersion": .string(version.rawValue), "code": JSONValue(code.rawValue), "msg": .string(message),
        ]
        if !details.isEmpty { value["details"] = .string(details) }
        return value
    }
}
