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

/// Chooses the form of an answer from the `Accept` header.
///
/// The server writes JSON; a client that takes nothing else than protobuf gets 406.
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/negotiation`.
package enum AcceptNegotiation {
    package static func form(accept: String?) throws(Status) -> ResponseForm {
        guard let accept, !accept.isEmpty else { return .object }
        for range in accept.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmed }
            guard let type = parts.first, isJSON(type) else { continue }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
                if pair.count == 2 { parameters[pair[0]] = pair[1] }
            }
            guard let conversion = parameters["as"] else { return .object }
            guard parameters["g"] == "meta.k8s.io" else { continue }
            switch conversion {
            case "Table" where ["v1", "v1beta1"].contains(parameters["v"] ?? ""): return .table
            case "PartialObjectMetadata" where parameters["v"] == "v1": return .metadata
            case "PartialObjectMetadataList" where parameters["v"] == "v1": return .metadata
            default: continue
            }
        }
        throw APIErrors.notAcceptable(accepted: ["application/json"])
    }

    private static func isJSON(_ type: String) -> Bool {
        type == "application/json" || type == "*/*" || type == "application/*"
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
