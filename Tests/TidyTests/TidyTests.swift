import Testing

/// Rules over the source text. Each failure names the line and what to write instead.
@Suite struct TidyTests {
    static let files = SourceTree.swiftFiles(below: "Sources").filter { !$0.isGenerated }
    static let everything = files + SourceTree.swiftFiles(below: "Tests") + SourceTree.swiftFiles(below: "Benchmarks")

    /// Targets that stay without Foundation: values, and what the plugin links.
    static let withoutFoundation: Set<String> = [
        "JSON", "NetworkTypes", "NFTables", "API", "CEL", "CRI", "Netlink", "CNI", "skiff-cni",
    ]

    struct Ban: Sendable {
        var text: String
        var instead: String
        /// Path fragments where the text is right.
        var allowed: [String] = []
    }

    static let bans: [Ban] = [
        Ban(text: "try!", instead: "handle the error, or a precondition that says why it cannot happen"),
        Ban(text: "as!", instead: "as? and an error"),
        Ban(text: "Date()", instead: "take the instant as an argument"),
        Ban(text: "Task.sleep", instead: "a clock that is passed in", allowed: ["Sources/skiff/"]),
        // The server's exchanges outlive the cancellation of run(), which waits for them all the same.
        Ban(text: "Task {", instead: "a child of the task group in run()", allowed: ["Sources/HTTP/Server/HTTPServer.swift"]),
        Ban(text: "Task(", instead: "a child of the task group in run()"),
        Ban(text: "Task.detached", instead: "a child of the task group in run()"),
        Ban(text: "DispatchQueue", instead: "a thread of its own that lives as long as its owner"),
        Ban(text: "JSONSerialization", instead: "JSONParser and JSONWriter"),
        Ban(text: "JSONDecoder", instead: "JSONParser"),
        Ban(text: "JSONEncoder", instead: "JSONWriter"),
    ]

    @Test(arguments: bans)
    func `uses what the house uses`(ban: Ban) {
        for file in Self.files where !ban.allowed.contains(where: file.path.contains) {
            for number in file.lines(with: ban.text) where !Self.ratchet.contains("\(file.path) \(ban.text)") {
                Issue.record("\(file.path):\(number): \(ban.text): \(ban.instead)")
            }
        }
    }

    @Test func `prints only from the command`() {
        for file in Self.files where !["skiff", "skiff-cni"].contains(file.target) {
            for (number, code) in file.code.enumerated() {
                if code.drop(while: { $0 == " " }).hasPrefix("print(") || code.contains(word: "Swift.print(") {
                    Issue.record("\(file.path):\(number + 1): print: return the text, or log it")
                }
            }
        }
    }

    @Test func `values and the plugin stay without Foundation`() {
        for file in Self.files where Self.withoutFoundation.contains(file.target) {
            for (number, line) in file.lines.enumerated() where line.contains("import Foundation") {
                Issue.record("\(file.path):\(number + 1): this target stays without Foundation")
            }
        }
    }

    @Test func `files end before line 600`() {
        for file in Self.everything where !file.isGenerated && file.lines.count > 600 {
            Issue.record("\(file.path): \(file.lines.count) lines; split it by subject")
        }
    }

    @Test func `functions fit a screen`() {
        for file in Self.files {
            for function in LongFunctions.find(in: file.code, longerThan: 70) {
                guard !Self.ratchet.contains("\(file.path) \(function.name)") else { continue }
                Issue.record("\(file.path):\(function.line): \(function.name) has \(function.length) lines; 70 fit a screen")
            }
        }
    }

    @Test func `nothing is left for later in a comment`() {
        for file in Self.everything where !file.path.hasPrefix("Tests/TidyTests") {
            for (number, line) in file.lines.enumerated()
            where ["FIXME", "TODO", "XXX"].contains(where: line.contains(word:)) {
                Issue.record("\(file.path):\(number + 1): finish it, or write it down in docs/")
            }
        }
    }

    @Test func `unchecked sendability says why it is safe`() {
        for file in Self.files {
            for (number, code) in file.code.enumerated() where code.contains("@unchecked Sendable") {
                let around = file.lines[max(0, number - 4)...min(file.lines.count - 1, number + 1)]
                if !around.contains(where: { $0.contains("SAFETY:") }) {
                    Issue.record("\(file.path):\(number + 1): add a // SAFETY: line")
                }
            }
        }
    }

    @Test func `the architecture page names every target`() {
        let page = SourceTree.read("docs/architecture.md")
        let manifest = SourceTree.read("Package.swift")
        for piece in manifest.components(after: "library(").dropFirst() {
            let quoted = piece.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
            guard quoted.count > 1, quoted[0].allSatisfy(\.isWhitespace) else { continue }
            let name = String(quoted[1])
            #expect(page.contains("`\(name)`"), "docs/architecture.md does not name \(name)")
        }
    }

    /// Lines `path what` that are known and may only become fewer.
    static let ratchet: Set<String> = Set(
        SourceTree.read("Tests/TidyTests/ratchet.txt").split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
}

extension String {
    func components(after separator: String) -> [Substring] {
        var result: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            result.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return result + [rest]
    }
}
