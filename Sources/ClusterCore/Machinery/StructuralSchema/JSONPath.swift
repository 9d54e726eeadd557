package import JSON

/// A path into an object, in the part of kubectl's JSONPath that printer columns use: `.spec.replicas`,
/// `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels.app\.kubernetes\.io/name`, `.spec.ports[*].port`, `..name`.
///
/// - SeeAlso: Kubernetes 1.36 `client-go/util/jsonpath`.
package struct JSONPath: Hashable, Sendable {
    private enum Step: Hashable, Sendable {
        case member(String)
        case index(Int)
        case slice(from: Int?, to: Int?)
        case everything
        case descendants
        case filter(path: [String], operator: String, value: JSONValue)
    }

    /// Values that a path may lead to.
    private static let resultsMax = 1000
    private var steps: [Step] = []

    /// Nil for a text that is no such path.
    package init?(_ text: String) {
        var reader = Reader(text)
        guard let steps = reader.steps() else { return nil }
        self.steps = steps
    }

    /// Everything that the path leads to, in order.
    package func values(in object: JSONValue) -> [JSONValue] {
        var found = [object]
        for step in steps {
            var next: [JSONValue] = []
            for value in found where next.count < Self.resultsMax { next += Self.follow(step, value) }
            found = next
        }
        return found
    }

    private static func follow(_ step: Step, _ value: JSONValue) -> [JSONValue] {
        switch step {
        case .member(let name): return value[name].map { [$0] } ?? []
        case .index(let index):
            let values = value.array ?? []
            let position = index < 0 ? values.count + index : index
            return values.indices.contains(position) ? [values[position]] : []
        case .slice(let from, let to):
            let values = value.array ?? []
            func bound(_ given: Int?, _ fallback: Int) -> Int {
                guard let given else { return fallback }
                return min(max(given < 0 ? values.count + given : given, 0), values.count)
            }
            let (start, end) = (bound(from, 0), bound(to, values.count))
            return start < end ? Array(values[start..<end]) : []
        case .everything: return children(value)
        case .descendants:
            var result = [value]
            var open = children(value)
            while !open.isEmpty, result.count < resultsMax {
                let next = open.removeFirst()
                result.append(next)
                open += children(next)
            }
            return result
        case .filter(let path, let symbol, let wanted):
            return (value.array ?? children(value)).filter { element in
                guard let found = element[path: path] else { return false }
                switch symbol {
                case "": return true
                case "==": return found == wanted
                case "!=": return found != wanted
                default:
                    guard let left = found.double, let right = wanted.double else { return false }
                    return symbol == "<"
                        ? left < right : symbol == ">" ? left > right : symbol == "<=" ? left <= right : left >= right
                }
            }
        }
    }

    private static func children(_ value: JSONValue) -> [JSONValue] {
        value.array ?? value.object?.members.map(\.value) ?? []
    }

    private struct Reader {
        private let text: [Character]
        private var position = 0

        init(_ text: String) { self.text = Array(text) }

        private var next: Character? { position < text.count ? text[position] : nil }

        mutating func steps() -> [Step]? {
            var steps: [Step] = []
            while let character = next {
                switch character {
                case ".":
                    position += 1
                    if next == "." {
                        position += 1
                        steps.append(.descendants)
                    }
                    if next == nil || next == "[" { continue }
                    steps.append(name())
                case "[":
                    guard let end = closing(), let step = bracket(String(text[position + 1..<end])) else { return nil }
                    steps.append(step)
                    position = end + 1
                default: return nil
                }
            }
            return steps
        }

        private mutating func name() -> Step {
            var name = ""
            while let character = next, character != ".", character != "[" {
                if character == "\\", position + 1 < text.count { position += 1 }
                name.append(text[position])
                position += 1
            }
            return name == "*" ? .everything : .member(name)
        }

        /// The bracket that closes the one here, with regard to quotes.
        private func closing() -> Int? {
            var quote: Character?
            var depth = 0
            for index in position..<text.count {
                let character = text[index]
                if let open = quote {
                    if character == open { quote = nil }
                } else if character == "'" || character == "\"" {
                    quote = character
                } else if character == "[" {
                    depth += 1
                } else if character == "]" {
                    depth -= 1
                    if depth == 0 { return index }
                }
            }
            return nil
        }

        private func bracket(_ content: String) -> Step? {
            if content == "*" { return .everything }
            if let index = Int(content) { return .index(index) }
            if let first = content.first, first == "'" || first == "\"", content.last == first, content.count > 1 {
                return .member(String(content.dropFirst().dropLast()))
            }
            if content.hasPrefix("?("), content.hasSuffix(")") { return filter(String(content.dropFirst(2).dropLast())) }
            let bounds = content.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard bounds.count == 2, bounds.allSatisfy({ $0.isEmpty || Int($0) != nil }) else { return nil }
            return .slice(from: Int(bounds[0]), to: Int(bounds[1]))
        }

        private func filter(_ content: String) -> Step? {
            for symbol in ["==", "!=", "<=", ">=", "<", ">"] {
                guard let range = content.firstRange(of: symbol) else { continue }
                guard let path = path(String(content[..<range.lowerBound])) else { return nil }
                let right = content[range.upperBound...].drop { $0 == " " }
                if let first = right.first, first == "'" || first == "\"" {
                    return .filter(
                        path: path, operator: symbol, value: .string(String(right.dropFirst().prefix { $0 != first })))
                }
                guard let value = try? JSONParser.parse(String(right)) else { return nil }
                return .filter(path: path, operator: symbol, value: value)
            }
            return path(content).map { .filter(path: $0, operator: "", value: .null) }
        }

        private func path(_ text: String) -> [String]? {
            let trimmed = text.filter { $0 != " " }
            guard trimmed.hasPrefix("@") else { return nil }
            return trimmed.dropFirst().split(separator: ".").map(String.init)
        }
    }
}
