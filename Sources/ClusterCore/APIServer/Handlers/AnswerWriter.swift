import API
import HTTP
import JSON
import Machinery

/// The last step of an answer: trees that were written as JSON become what the client accepts, large answers are compressed.
///
/// Objects, lists and watches are made in their encoding to begin with (`ReadHandlers`, `WatchHandler`); what passes here as JSON is
/// small: statuses, reviews, tokens, scales.
enum AnswerWriter {
    /// Answers below this are sent as they are.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/responsewriters/writers.go`, `defaultGzipThresholdBytes`.
    static let gzipThresholdBytes = 128 * 1024

    static func finish(_ response: HTTPResponse, _ request: HTTPRequest, _ info: RequestInfo) -> HTTPResponse {
        var response = response
        if info.isResourceRequest, response.headers["content-type"] == AnswerEncoding.json.rawValue {
            transcode(&response, request)
        }
        if request.method == "GET", response.bodyBytes ?? 0 > gzipThresholdBytes, accepts("gzip", request) {
            compress(&response)
        }
        return response
    }

    private static func transcode(_ response: inout HTTPResponse, _ request: HTTPRequest) {
        // Most answers are JSON for clients that name nothing else.
        let accept = request.headers["accept"] ?? ""
        let mayDiffer = accept.contains("protobuf") || accept.contains("yaml") || accept.contains("pretty")
        let isPretty = isPrettyAsked(request)
        guard mayDiffer || isPretty, response.bodyBytes != nil else { return }
        // A refusal of the header itself is told in JSON.
        guard let media = try? AcceptNegotiation.media(accept: accept) else { return }
        switch media.encoding {
        case .json:
            if media.isPretty || isPretty { response.body = .bytes(PrettyJSON.indent(response.joinedBody)) }
        case .yaml:
            // JSON is YAML in flow style.
            response.headers["content-type"] = media.encoding.rawValue
            response.body = .bytes(PrettyJSON.indent(response.joinedBody))
        case .protobuf:
            guard let tree = try? JSONParser.parse(response.joinedBody), let bytes = ProtobufFraming.document(tree) else {
                return
            }
            response.headers["content-type"] = media.encoding.rawValue
            response.body = .bytes(bytes)
        }
    }

    /// By parameter, or because a person is likely to read it.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`, `isPrettyPrint`.
    private static func isPrettyAsked(_ request: HTTPRequest) -> Bool {
        if let text = request.query("pretty"), !text.isEmpty { return ["1", "t", "T", "true", "TRUE", "True"].contains(text) }
        let agent = request.headers["user-agent"] ?? ""
        return ["curl", "Wget", "Mozilla/5.0"].contains { agent.hasPrefix($0) }
    }

    private static func accepts(_ coding: String, _ request: HTTPRequest) -> Bool {
        request.headers.values("accept-encoding").contains { value in
            value.split(separator: ",").contains { $0.trimmed == coding }
        }
    }

    /// The body is compressed while it is written, a piece at a time, so that a slow client holds back the work and not the memory.
    private static func compress(_ response: inout HTTPResponse) {
        let slices = response.slices
        response.headers["content-encoding"] = "gzip"
        response.headers.add("vary", "Accept-Encoding")
        response.body = .stream { writer in
            let gzip = GzipStream()
            var pending: [UInt8] = []
            for slice in slices {
                gzip.append(slice, to: &pending)
                if pending.count >= 32 * 1024 {
                    try await writer.write(pending)
                    pending.removeAll(keepingCapacity: true)
                    await Task.yield()
                }
            }
            gzip.finish(&pending)
            try await writer.write(pending)
        }
    }
}

extension HTTPResponse {
    /// Nil for streams and upgrades.
    var bodyBytes: Int? {
        switch body {
        case .empty: 0
        case .bytes(let bytes): bytes.count
        case .slices(let slices): slices.reduce(0) { $0 + $1.count }
        case .stream, .upgrade: nil
        }
    }

    fileprivate var slices: [[UInt8]] {
        switch body {
        case .bytes(let bytes): [bytes]
        case .slices(let slices): slices
        case .empty, .stream, .upgrade: []
        }
    }

    fileprivate var joinedBody: [UInt8] { slices.count == 1 ? slices[0] : Array(slices.joined()) }
}
