/// A URL as Go's `url.ParseRequestURI` takes it: absolute, or a path.
package struct URLValue: Hashable, Sendable {
    package let text: String
    let scheme: String
    /// With the port.
    let host: String
    let path: String
    let query: String

    init?(_ text: String) {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f || $0 == " " }) else {
            return nil
        }
        self.text = text
        var rest = Substring(text)
        var scheme = ""
        if !rest.hasPrefix("/") {
            guard let colon = rest.firstIndex(of: ":") else { return nil }
            let name = rest[..<colon]
            guard let first = name.first, first.isASCII, first.isLetter,
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
            else { return nil }
            scheme = name.lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        var query = ""
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        var host = ""
        if rest.hasPrefix("//"), !scheme.isEmpty || !rest.hasPrefix("///") {
            rest = rest.dropFirst(2)
            var authority = rest.prefix { $0 != "/" }
            rest = rest.dropFirst(authority.count)
            if let mark = authority.lastIndex(of: "@") { authority = authority[authority.index(after: mark)...] }
            guard let decoded = Self.host(authority) else { return nil }
            host = decoded
        } else if !scheme.isEmpty, !rest.hasPrefix("/") {
            // Opaque, `mailto:a@b`: no URI of a request.
            return nil
        }
        guard Self.decode(rest) != nil else { return nil }
        self.scheme = scheme
        self.host = host
        path = String(rest)
        self.query = query
    }

    private static func host(_ authority: Substring) -> String? {
        var port = Substring()
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            port = authority[authority.index(after: end)...]
        } else if let colon = authority.lastIndex(of: ":") {
            port = authority[colon...]
        }
        guard port.isEmpty || (port.hasPrefix(":") && port.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }) else {
            return nil
        }
        return decode(authority)
    }

    /// With `%41` as `A`; nil for an escape that is none.
    private static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(value)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    var hostname: String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[..<end].dropFirst()) }
        return host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
    }

    var port: String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[end...].dropFirst(2)) }
        return host.lastIndex(of: ":").map { String(host[$0...].dropFirst()) } ?? ""
    }

    var escapedPath: String {
        let plain = Set("$&+,/:;=@-_.~%!'()*[]".utf8)
        return path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                String(Unicode.Scalar(byte))
            case _ where plain.contains(byte): String(Unicode.Scalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    var queryValues: [(String, [String])] {
        var result: [(String, [String])] = []
        var places: [String: Int] = [:]
        for part in query.split(separator: "&") where !part.contains(";") {
            let mark = part.firstIndex(of: "=") ?? part.endIndex
            guard let key = Self.decode(part[..<mark], plusIsSpace: true),
                let value = Self.decode(part[mark...].dropFirst(), plusIsSpace: true)
            else { continue }
            if let place = places[key] {
                result[place].1.append(value)
            } else {
                places[key] = result.count
                result.append((key, [value]))
            }
        }
        return result
    }
}

/// Parts of URLs.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/urls.go`.
enum URLFunctions: FunctionLibrary {
    static let declarations = """
        url(string) -> kubernetes.URL
        isURL(string) -> bool
        kubernetes.URL: getScheme() -> string
        kubernetes.URL: getHost() -> string
        kubernetes.URL: getHostname() -> string
        kubernetes.URL: getPort() -> string
        kubernetes.URL: getEscapedPath() -> string
        kubernetes.URL: getQuery() -> map<string, list<string>>
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (name, arguments.first) {
        case ("url", .string(let text)):
            guard let url = URLValue(text) else {
                throw EvaluationError(
                    "URL parse error during conversion from string: parse \(quoted(text)): invalid URI for request")
            }
            return .opaque(.url(url))
        case ("isURL", .string(let text)): return .bool(URLValue(text) != nil)
        case ("getScheme", .opaque(.url(let url))): return .string(url.scheme)
        case ("getHost", .opaque(.url(let url))): return .string(url.host)
        case ("getHostname", .opaque(.url(let url))): return .string(url.hostname)
        case ("getPort", .opaque(.url(let url))): return .string(url.port)
        case ("getEscapedPath", .opaque(.url(let url))): return .string(url.escapedPath)
        case ("getQuery", .opaque(.url(let url))):
            var entries = MapEntries()
            for (key, values) in url.queryValues { _ = entries.insert(.string(key), .list(values.map { .string($0) })) }
            return .map(CELMap(entries))
        default: return nil
        }
    }

    private static func quoted(_ text: String) -> String { "\"\(text)\"" }
}
