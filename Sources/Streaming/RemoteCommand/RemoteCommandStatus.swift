/// The outcome of a remote command: the `Status` document of the error channel.
package struct RemoteCommandStatus: Hashable, Sendable {
    /// `{"metadata":{},"status":"Success"}` or a failure, as JSON.
    package var document: [UInt8]
    /// What protocols before v4 say instead; nil for success.
    package var failureText: String?

    package static let success = RemoteCommandStatus(
        document: Array(#"{"metadata":{},"status":"Success"}"#.utf8), failureText: nil)

    /// A document that someone else wrote.
    package init(document: [UInt8]) {
        self.document = document
        let text = String(decoding: document, as: UTF8.self)
        failureText = text.contains(#""status":"Success""#) ? nil : text
    }

    /// The command could not be run at all.
    package static func internalError(_ message: String) -> RemoteCommandStatus {
        let document =
            #"{"metadata":{},"status":"Failure","message":"\#(escaped(message))","reason":"InternalError","code":500}"#
        return RemoteCommandStatus(document: Array(document.utf8), failureText: message)
    }

    private init(document: [UInt8], failureText: String?) {
        self.document = document
        self.failureText = failureText
    }

    /// For a JSON string.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
