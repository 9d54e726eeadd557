import Metrics
import NetworkTypes

/// What one serving thread counted. Arrays of fixed size: counting allocates nothing.
struct ServeCounters: Sendable {
    static let timeBounds: [Double] = (0..<16).map { 0.00025 * Double(1 << $0) }
    static let sizeBounds: [Double] = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3]
    static let codes: [ResponseCode] = (0...10).map { ResponseCode(rawValue: $0) } + [.badVersion]

    /// By type, IPv4 first, then by type, IPv6.
    private(set) var requests = [Int](repeating: 0, count: (RecordType.counted.count + 1) * 2)
    /// The same for messages that were refused before their names were looked at.
    private(set) var droppedRequests = [Int](repeating: 0, count: (RecordType.counted.count + 1) * 2)
    /// By source, then by code.
    private(set) var responses = [Int](repeating: 0, count: AnswerSource.allCases.count * (codes.count + 1))
    private(set) var durations = Histogram(timeBounds)
    private(set) var requestSizes = Histogram(sizeBounds)
    private(set) var responseSizes = Histogram(sizeBounds)
    private(set) var signatureRequests = 0
    /// Bytes that were not even worth an answer.
    private(set) var dropped = 0
    /// Names completed for clients from the model alone.
    var completions = 0

    mutating func drop() { dropped += 1 }

    /// - Parameter isDropped: The message is refused as it stands.
    mutating func asked(_ request: Request, _ family: IPFamily, bytes: Int, isDropped: Bool) {
        let index = RecordType.counted.firstIndex(of: request.type) ?? RecordType.counted.count
        let position = index + (family == .ipv4 ? 0 : RecordType.counted.count + 1)
        if isDropped {
            droppedRequests[position] += 1
        } else {
            requests[position] += 1
            requestSizes.observe(Double(bytes))
            if request.edns?.wantsSignatures == true { signatureRequests += 1 }
        }
    }

    mutating func answered(_ code: ResponseCode, by source: AnswerSource, bytes: Int, nanoseconds: UInt64) {
        let index = Self.codes.firstIndex(of: code) ?? Self.codes.count
        responses[source.rawValue * (Self.codes.count + 1) + index] += 1
        guard source != .dropped else { return }
        durations.observe(Double(nanoseconds) * 1e-9)
        responseSizes.observe(Double(bytes))
    }

    mutating func add(_ other: ServeCounters) {
        for index in requests.indices {
            requests[index] += other.requests[index]
            droppedRequests[index] += other.droppedRequests[index]
        }
        for index in responses.indices { responses[index] += other.responses[index] }
        durations.merge(other.durations)
        requestSizes.merge(other.requestSizes)
        responseSizes.merge(other.responseSizes)
        signatureRequests += other.signatureRequests
        dropped += other.dropped
        completions += other.completions
    }
}
