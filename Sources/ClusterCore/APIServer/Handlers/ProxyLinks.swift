import HTTP

/// Leads links of a proxied answer back through the proxy.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/proxy/transport.go`, `rewriteURL`.
struct ProxyLinks: Sendable {
    /// A page beyond this is passed on as it is.
    static let pageBytesMax = 4 * 1024 * 1024

    /// `10.244.0.3:8080`.
    private let targetHost: String
    /// `/api/v1/namespaces/default/pods/web/proxy`.
    private let prefix: String

    init(location: ProxyLocation, prefix: String) {
        let (host, port) =
            switch location {
            case .kubelet(let address): (address.host, address.port)
            case .direct(let address): (address.host, address.port)
            }
        targetHost = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        self.prefix = prefix
    }

    /// - Parameter requestHost: What the client calls this server.
    func rewritten(_ link: String, requestHost: String) -> String {
        let (host, path, tail) = Self.parts(link)
        let isElsewhere = !host.isEmpty && host != targetHost && host != requestHost
        guard !isElsewhere, path.hasPrefix("/") else { return link }
        if path.hasPrefix(prefix) { return path + tail }
        return prefix + path + tail
    }

    /// Host, path, and what follows the path; a link without `://` or `//` has no host.
    private static func parts(_ link: String) -> (host: String, path: String, tail: String) {
        var rest = link[...]
        var host = ""
        let authority =
            rest.firstRange(of: "://").flatMap { range in
                // A scheme stands before it, not a path that mentions one.
                rest[..<range.lowerBound].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } ? range.upperBound : nil
            } ?? (rest.hasPrefix("//") ? rest.index(rest.startIndex, offsetBy: 2) : nil)
        if let authority {
            rest = rest[authority...]
            let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
            if rest.isEmpty { return (host, "/", "") }
        }
        let end = rest.firstIndex { "?#".contains($0) } ?? rest.endIndex
        return (host, String(rest[..<end]), String(rest[end...]))
    }
}

/// Finds the attributes of a page that hold links.
enum HTMLLinks {
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/proxy/transport.go`, `atomsToAttrs`.
    private static let attributes: [String: Set<String>] = [
        "a": ["href"], "applet": ["codebase"], "area": ["href"], "audio": ["src"], "base": ["href"], "blockquote": ["cite"],
        "body": ["background"], "button": ["formaction"], "command": ["icon"], "del": ["cite"], "embed": ["src"],
        "form": ["action"], "frame": ["longdesc", "src"], "head": ["profile"], "html": ["manifest"],
        "iframe": ["longdesc", "src"], "img": ["longdesc", "src", "usemap"], "input": ["src", "usemap", "formaction"],
        "ins": ["cite"], "link": ["href"], "object": ["classid", "codebase", "data", "usemap"], "q": ["cite"],
        "script": ["src"], "source": ["src"], "video": ["poster", "src"],
    ]

    static func rewrite(_ page: [UInt8], _ change: (String) -> String) -> [UInt8] {
        var scanner = Scanner(page: page)
        var output: [UInt8] = []
        output.reserveCapacity(page.count)
        var copied = 0
        while let tag = scanner.nextTag() {
            guard let wanted = attributes[tag] else { continue }
            while let (name, value) = scanner.nextAttribute() {
                guard wanted.contains(name) else { continue }
                let before = page[value].text
                let after = change(before)
                guard after != before else { continue }
                output += page[copied..<value.lowerBound]
                output += after.utf8
                copied = value.upperBound
            }
        }
        return output + page[copied...]
    }

    /// Walks tags and attributes without building anything; text that is broken is passed over.
    private struct Scanner {
        let page: [UInt8]
        private var position = 0

        init(page: [UInt8]) { self.page = page }

        /// The name of the next opening tag, in lower case.
        mutating func nextTag() -> String? {
            while position < page.count {
                guard page[position] == UInt8(ascii: "<") else {
                    position += 1
                    continue
                }
                position += 1
                if page[position...].starts(with: "!--".utf8) {
                    skip(past: "-->")
                } else if position < page.count, Self.isLetter(page[position]) {
                    return word { Self.isLetter($0) || (0x30...0x39).contains($0) }
                }
            }
            return nil
        }

        /// The next attribute with a value, inside the tag; nil at its end.
        mutating func nextAttribute() -> (name: String, value: Range<Int>)? {
            while position < page.count {
                switch page[position] {
                case UInt8(ascii: ">"), UInt8(ascii: "<"): return nil
                case 0x20, 0x09, 0x0a, 0x0c, 0x0d, UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "\""), UInt8(ascii: "'"):
                    position += 1
                default:
                    let name = word { !Self.isSpace($0) && !"=>/".utf8.contains($0) }
                    while position < page.count, Self.isSpace(page[position]) { position += 1 }
                    guard position < page.count, page[position] == UInt8(ascii: "=") else { continue }
                    position += 1
                    while position < page.count, Self.isSpace(page[position]) { position += 1 }
                    return (name, value())
                }
            }
            return nil
        }

        private mutating func value() -> Range<Int> {
            guard position < page.count else { return position..<position }
            let quote = page[position]
            guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                let start = position
                while position < page.count, !Self.isSpace(page[position]), page[position] != UInt8(ascii: ">") { position += 1 }
                return start..<position
            }
            position += 1
            let start = position
            while position < page.count, page[position] != quote { position += 1 }
            defer { position = min(position + 1, page.count) }
            return start..<position
        }

        private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
            let start = position
            while position < page.count, belongs(page[position]) { position += 1 }
            return page[start..<position].text.lowercased()
        }

        private mutating func skip(past text: String) {
            while position < page.count, !page[position...].starts(with: text.utf8) { position += 1 }
            position = min(position + text.utf8.count, page.count)
        }

        private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
        private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0c, 0x0d].contains(byte) }
    }
}
