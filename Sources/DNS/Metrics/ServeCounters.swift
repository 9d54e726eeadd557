import Metrics
import NetworkTypes

/// What one serving thread counted. Arrays of fixed size: counting allocates nothing.
struct ServeCounters: Sendable {
    static let timeBounds: [Double] = (0..<16).map { 0.00025 * Double(1 << $0) }
    static let sizeBounds: [Double] = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3]
    static let codes: [ResponseCode] = (0...10).map { ResponseCode(rawValue: $0) } + [.badVersion]

    /// By type, IPv4 first, then by type, IPv6.
    private(set) var requests = [Int](repeating: 0, count: (RecordType.counted.count + 1) * 2)
    private(set) var responses = [Int](repeating: 0, count: codes.count + 1)
    private(set) var durations = Histogram(timeBounds)
    private(set) var requestSizes = Histogram(sizeBounds)
    private(set) var responseSizes = Histogram(sizeBounds)
    private(set) var signatureRequests = 0
    /// Bytes that were not even worth an answer.
    private(set) var dropped = 0
    /// Names completed for clients from the model alone.
    var completions = 0

    mutating func drop() { dropped += 1 }

    mutating func asked(_ type: RecordType, _ family: IPFamily, bytes: Int, wantsSignatures: Bool) {
        let index = RecordType.counted.firstIndex(of: type) ?? RecordType.counted.count
        requests[index + (family == .ipv4 ? 0 : RecordType.counted.count + 1)] += 1
        requestSizes.observe(Double(bytes))
        if wantsSignatures { signatureRequests += 1 }
    }

    mutating func answered(_ code: ResponseCode, bytes: Int, nanoseconds: UInt64) {
        responses[Self.codes.firstIndex(of: code) ?? Self.codes.count] += 1
        durations.observe(Double(nanoseconds) * 1e-9)
        responseSizes.observe(Double(bytes))
    }

    mutating func add(_ other: ServeCounters) {
        for index in requests.indices { requests[index] += other.requests[index] }
        for index in responses.indices { responses[index] += other.responses[index] }
        durations.merge(other.durations)
        requestSizes.merge(other.requestSizes)
        responseSizes.merge(other.responseSizes)
        signatureRequests += other.signatureRequests
        dropped += other.dropped
        completions += other.completions
    }
}
