import FoundationEssentials
import Testing

/// One Swift file of the project.
struct SourceFile: Sendable {
    /// From the root: `Sources/Proxy/Model/ServicePort.swift`.
    var path: String
    var lines: [String]
    /// Each line as `codeOnly` leaves it.
    var code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = lines.map(\.codeOnly)
    }

    /// Lines of code that hold `word`, counted from one; letters next to it make another word of it.
    func lines(with word: String) -> [Int] {
        code.indices.filter { code[$0].contains(word: word) }.map { $0 + 1 }
    }

    /// The target's folder name: `Proxy`, `Store`, `Assembly`.
    var target: String {
        let parts = path.split(separator: "/").map(String.init)
        if parts.count > 3, parts[0] == "Sources", parts[1] == "ClusterCore" { return parts[2] }
        return parts.count > 1 ? parts[1] : ""
    }

    var isGenerated: Bool { path.contains("/Generated/") || path.hasSuffix(".pb.swift") }
}

/// The checkout that this test was built from.
enum SourceTree {
    static let root: String = {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }()

    static func read(_ path: String) -> String {
        FileManager.default.contents(atPath: root + "/" + path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Every file below a folder whose name ends in `.swift`, sorted by path.
    static func swiftFiles(below folder: String) -> [SourceFile] {
        var result: [SourceFile] = []
        var folders = [folder]
        while let current = folders.popLast() {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + current)) ?? [] {
                let path = current + "/" + name
                var isDirectory = false
                guard FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory) else { continue }
                if isDirectory {
                    folders.append(path)
                } else if name.hasSuffix(".swift") {
                    result.append(SourceFile(path: path, text: read(path)))
                }
            }
        }
        return result.sorted { $0.path < $1.path }
    }
}

extension String {
    /// The line without what stands in a string literal or behind `//`: rough, but enough to count braces and find words.
    var codeOnly: String {
        var result: [UInt8] = []
        var inString = false
        var previous = UInt8(ascii: " ")
        for byte in utf8 {
            // A backslash that is itself escaped does not escape what follows.
            let isEscaped = previous == UInt8(ascii: "\\")
            previous = isEscaped && byte == UInt8(ascii: "\\") ? UInt8(ascii: " ") : byte
            if inString {
                if byte == UInt8(ascii: "\""), !isEscaped { inString = false }
            } else if byte == UInt8(ascii: "\"") {
                inString = true
            } else if byte == UInt8(ascii: "/"), result.last == UInt8(ascii: "/") {
                result.removeLast()
                break
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether `word` occurs with no letter, digit or underscore before it, nor behind it where it ends in one itself.
    func contains(word: String) -> Bool {
        func isLetter(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return byte == UInt8(ascii: "_") || Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber
        }
        let text = Array(utf8)
        let word = Array(word.utf8)
        guard let first = word.first, text.count >= word.count else { return false }
        return (0...text.count - word.count).contains { start in
            guard text[start] == first, text[start..<start + word.count].elementsEqual(word) else { return false }
            let before = start > 0 ? text[start - 1] : nil
            let behind = start + word.count < text.count ? text[start + word.count] : nil
            return !(isLetter(first) && isLetter(before)) && !(isLetter(word.last) && isLetter(behind))
        }
    }
}

@Suite struct SourceTextTests {
    @Test(arguments: [
        ("let a = \"{\" // }", "let a =  "), (#"print("\\") + "}""#, "print() + "), (#""a\"}" }"#, " }"),
    ])
    func `leaves out literals and comments`(line: String, code: String) {
        #expect(line.codeOnly == code)
    }

    @Test func `knows a word from a part of one`() {
        #expect("let a = Task { }".contains(word: "Task {"))
        #expect(!"group.addTask { }".contains(word: "Task {"))
        #expect(!"/tmp/XXXXXX".contains(word: "XXX"))
    }
}
