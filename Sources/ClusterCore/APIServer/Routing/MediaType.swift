package import API
import Machinery

/// The form of an answer.
package enum ResponseForm: Hashable, Sendable {
    case object
    /// `as=Table`.
    case table
    /// `as=PartialObjectMetadata` or its list.
    case metadata
}

/// How an answer is written.
package enum AnswerEncoding: String, Hashable, Sendable, CaseIterable {
    case json = "application/json"
    case yaml = "application/yaml"
    case protobuf = "application/vnd.kubernetes.protobuf"

    /// What a watch in this encoding is called; nil where there is none.
    var streamType: String? {
        switch self {
        case .json: rawValue
        case .yaml: nil
        case .protobuf: "\(rawValue);stream=watch"
        }
    }
}

/// What a client asked an answer to be.
package struct AnswerMedia: Hashable, Sendable {
    package var encoding = AnswerEncoding.json
    package var form = ResponseForm.object
    /// `v1` or `v1beta1`, of tables and partial metadata.
    package var version = "v1"
    /// Partial metadata was asked for by the name of its list.
    package var isMetadataList = false
    /// `pretty=1`: JSON in lines.
    package var isPretty = false
}

/// Chooses encoding and form of an answer from the `Accept` header.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/negotiation`, `endpoints/handlers/rest.go` (`AllowsMediaTypeTransform`).
package enum AcceptNegotiation {
    /// - Parameters:
    ///   - hasProtobuf: The kind has a protobuf form; custom resources have none, but their partial metadata does.
    ///   - isWatch: Only encodings with a stream form will do.
    package static func media(
        accept: String?, hasProtobuf: Bool = true, isWatch: Bool = false
    ) throws(Status) -> AnswerMedia {
        guard let accept, !accept.isEmpty else { return AnswerMedia() }
        for clause in clauses(accept) {
            for encoding in AnswerEncoding.allCases where clause.matches(encoding) {
                guard !isWatch || encoding.streamType != nil else { continue }
                if let media = media(clause, encoding, hasProtobuf: hasProtobuf) { return media }
            }
        }
        let offered = AnswerEncoding.allCases.filter { hasProtobuf || $0 != .protobuf }
        throw APIErrors.notAcceptable(
            accepted: isWatch
                ? offered.filter { $0.streamType != nil }.map { "\($0.rawValue);stream=watch" } : offered.map(\.rawValue))
    }

    /// One range of the header.
    private struct Clause {
        var type: Substring
        var subtype: Substring
        var parameters: [Substring: String] = [:]
        var quality = 1.0

        func matches(_ encoding: AnswerEncoding) -> Bool {
            if type == "*", subtype == "*" { return true }
            guard type == "application" else { return false }
            return subtype == "*" || encoding.rawValue.dropFirst("application/".count) == subtype
        }

        /// Wildcards come behind what is named.
        var generality: Int { (type == "*" ? 2 : 0) + (subtype == "*" ? 1 : 0) }
    }

    private static func clauses(_ header: String) -> [Clause] {
        var clauses: [Clause] = []
        for range in header.split(separator: ",").prefix(64) {
            let parts = range.split(separator: ";")
            guard let name = parts.first?.trimmed.lowercased(), let slash = name.firstIndex(of: "/") else { continue }
            var clause = Clause(type: Substring(name[..<slash]), subtype: name[name.index(after: slash)...])
            for part in parts.dropFirst() {
                let pair = part.trimmed.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                let value = pair[1].filter { $0 != "\"" }
                if pair[0] == "q" { clause.quality = Double(value) ?? 1 } else { clause.parameters[pair[0]] = String(value) }
            }
            clauses.append(clause)
        }
        return clauses.enumerated().sorted { left, right in
            if left.element.quality != right.element.quality { return left.element.quality > right.element.quality }
            if left.element.generality != right.element.generality { return left.element.generality < right.element.generality }
            return left.offset < right.offset
        }.map(\.element)
    }

    /// Nil when the parameters ask for what this encoding cannot be.
    private static func media(_ clause: Clause, _ encoding: AnswerEncoding, hasProtobuf: Bool) -> AnswerMedia? {
        var media = AnswerMedia(encoding: encoding)
        media.isPretty = clause.parameters["pretty"] == "1"
        if let stream = clause.parameters["stream"], !stream.isEmpty {
            guard stream == "watch", encoding.streamType != nil else { return nil }
        }
        let asksForForm = ["as", "g", "v"].contains { clause.parameters[Substring($0)] != nil }
        guard asksForForm else { return encoding != .protobuf || hasProtobuf ? media : nil }
        guard clause.parameters["g"] == "meta.k8s.io", let version = clause.parameters["v"],
            ["v1", "v1beta1"].contains(version)
        else { return nil }
        media.version = version
        switch clause.parameters["as"] {
        case "Table" where encoding != .protobuf: media.form = .table
        case "PartialObjectMetadata": media.form = .metadata
        case "PartialObjectMetadataList":
            media.form = .metadata
            media.isMetadataList = true
        default: return nil
        }
        return media
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
        while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }
}
