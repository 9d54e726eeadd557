import JSON
import NetworkTypes

/// What the user says must, and must not, be reachable.
package struct Expectations: Hashable, Sendable {
    package static let apiVersion = "netpol.skiff/v1"
    package static let kind = "Expectations"

    package enum Verdict: String, Hashable, Sendable { case allow, deny }

    /// One line of the file: one test.
    package struct Line: Hashable, Sendable {
        package var verdict: Verdict
        package var flow: FlowPattern
        /// Why it must be so; shown when it is not.
        package var because: String
        package var place: SourcePlace

        package var title: String { "\(verdict.rawValue) \(flow.text)" }
    }

    /// What is expected of pairs of pods that no line speaks of; nil: nothing.
    package var otherwise: Verdict?
    package var lines: [Line]
    package var outside: [OutsideHost]
    package var place: SourcePlace

    package init(otherwise: Verdict? = nil, lines: [Line] = [], outside: [OutsideHost] = [], place: SourcePlace) {
        self.otherwise = otherwise
        self.lines = lines
        self.outside = outside
        self.place = place
    }
}

extension Expectations {
    /// Takes in another document; the first one that says what is expected otherwise counts.
    package mutating func append(_ other: Expectations) {
        lines += other.lines
        for host in other.outside where !outside.contains(host) { outside.append(host) }
        otherwise = otherwise ?? other.otherwise
    }

    /// Reads a document of kind Expectations.
    package init(_ object: ManifestObject) throws(InputRefusal) {
        self.init(place: object.place)
        var problems: [InputProblem] = []
        if object.apiVersion != Self.apiVersion {
            problems.append(
                InputProblem(
                    "apiVersion is '\(object.apiVersion)', this program reads \(Self.apiVersion)",
                    at: object.place(of: "apiVersion")))
        }
        let known: Set = ["apiVersion", "kind", "metadata", "outside", "default", "allow", "deny"]
        for key in object.value.object?.keys ?? [] where !known.contains(key) {
            problems.append(InputProblem("unknown field \"\(key)\"", at: object.place(of: key)))
        }
        readOutside(object, &problems)
        switch object.value["default"]?.string {
        case "deny": otherwise = .deny
        case "allow": otherwise = .allow
        case "ignore", nil: otherwise = nil
        case let other?:
            problems.append(InputProblem("default '\(other)': deny, allow or ignore", at: object.place(of: "default")))
        }
        for verdict in [Verdict.allow, .deny] {
            let values = object.value[verdict.rawValue]?.array ?? []
            if let value = object.value[verdict.rawValue], value.array == nil, !value.isNull {
                problems.append(InputProblem("\(verdict.rawValue) must be a list", at: object.place(of: verdict.rawValue)))
            }
            for (index, value) in values.enumerated() {
                let place = object.place(of: "\(verdict.rawValue)[\(index)]")
                do throws(FlowPatternError) {
                    lines.append(try line(value, verdict, at: place))
                } catch {
                    problems.append(InputProblem(error.description, at: place))
                }
            }
        }
        guard problems.isEmpty else { throw InputRefusal(problems) }
    }

    private mutating func readOutside(_ object: ManifestObject, _ problems: inout [InputProblem]) {
        for member in object.value["outside"]?.object?.members ?? [] {
            let texts = member.value.string.map { [$0] } ?? member.value.array?.compactMap(\.string) ?? []
            var addresses: [IPAddress] = []
            for text in texts {
                if let address = Self.host(text), !addresses.contains(where: { $0.family == address.family }) {
                    addresses.append(address)
                } else {
                    problems.append(
                        InputProblem(
                            "outside host \(member.key): '\(text)' is no address or prefix, or the second one of its family",
                            at: object.place(of: "outside.\(member.key)")))
                }
            }
            if texts.isEmpty {
                problems.append(
                    InputProblem("outside host \(member.key) needs an address", at: object.place(of: "outside.\(member.key)")))
            }
            outside.append(OutsideHost(name: member.key, addresses: addresses))
        }
    }

    /// An address as it is; of a prefix, the address ten behind its first one where it has so many.
    static func host(_ text: String) -> IPAddress? {
        if let address = IPAddress(parsing: text) { return address }
        guard let prefix = CIDR(parsing: text) else { return nil }
        return prefix.address(at: 10) ?? prefix.first
    }

    private func line(
        _ value: JSONValue, _ verdict: Verdict, at place: SourcePlace
    ) throws(FlowPatternError) -> Line {
        let names = Set(outside.map(\.name))
        if let text = value.string {
            return Line(verdict: verdict, flow: try FlowPattern(parsing: text, outside: names), because: "", place: place)
        }
        guard let text = value["flow"]?.string else {
            throw FlowPatternError("expected \(FlowPattern.grammar), or an object with 'flow' and 'because'")
        }
        if let other = value.object?.keys.first(where: { $0 != "flow" && $0 != "because" }) {
            throw FlowPatternError("unknown field \"\(other)\"")
        }
        return Line(
            verdict: verdict, flow: try FlowPattern(parsing: text, outside: names), because: value["because"]?.string ?? "",
            place: place)
    }
}
