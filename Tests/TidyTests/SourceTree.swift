import FoundationEssentials

/// One Swift file of the project.
struct SourceFile: Sendable {
    /// From the root: `Sources/Proxy/Model/ServicePort.swift`.
    var path: String
    var lines: [String]

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
                    let lines = read(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                    result.append(SourceFile(path: path, lines: lines))
                }
            }
        }
        return result.sorted { $0.path < $1.path }
    }
}

extension String {
    /// The line without what stands in a string literal or behind `//`: rough, but enough to count braces and find words.
    var codeOnly: String {
        var result = ""
        var inString = false
        var previous: Character = " "
        for character in self {
            if inString {
                if character == "\"", previous != "\\" { inString = false }
            } else if character == "\"" {
                inString = true
            } else if character == "/", previous == "/" {
                result.removeLast()
                return result
            } else {
                result.append(character)
            }
            previous = character
        }
        return result
    }
}
