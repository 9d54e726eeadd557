import HTTP
import Synchronization

/// Takes a streamed answer as bytes.
final class ByteCollector: BodyWriter {
    private let bytes = Mutex<[UInt8]>([])

    var taken: [UInt8] { bytes.withLock { $0 } }

    func write(_ more: [UInt8]) async throws { bytes.withLock { $0 += more } }

    func offer(_ more: [UInt8]) -> Bool {
        bytes.withLock { $0 += more }
        return true
    }

    /// The whole body of an answer that ends by itself.
    static func collect(_ response: HTTPResponse) async throws -> [UInt8] {
        switch response.body {
        case .bytes(let bytes): return bytes
        case .slices(let slices): return Array(slices.joined())
        case .stream(let run):
            let collector = ByteCollector()
            try await run(collector)
            return collector.taken
        case .empty, .upgrade: return []
        }
    }
}
