package import API
import JSON

/// Turns the bytes of a watch, cut anywhere, into events. One event is one line of JSON.
package struct WatchDecoder: Sendable {
    /// A longer line is refused.
    package static let lineBytesMax = 16 * 1024 * 1024

    private var line: [UInt8] = []

    package init() {}

    /// The events that `bytes` complete. Throws `malformedResponse` or `tooLarge`; the decoder is of no use after that.
    package mutating func append(_ bytes: [UInt8]) throws(APIClientError) -> [WatchEvent] {
        var events: [WatchEvent] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if line.isEmpty {
                try decode(Array(bytes[start..<end]), into: &events)
            } else {
                line += bytes[start..<end]
                try decode(line, into: &events)
                line.removeAll(keepingCapacity: line.capacity <= 65536)
            }
            start = end + 1
        }
        line += bytes[start...]
        guard line.count <= Self.lineBytesMax else { throw .tooLarge(limitBytes: Self.lineBytesMax) }
        return events
    }

    /// The stream ended: bytes that no line break followed are still an event.
    package mutating func finish() throws(APIClientError) -> [WatchEvent] {
        var events: [WatchEvent] = []
        try decode(line, into: &events)
        line = []
        return events
    }

    private func decode(_ bytes: [UInt8], into events: inout [WatchEvent]) throws(APIClientError) {
        guard bytes.contains(where: { $0 != 0x20 && $0 != 0x0d && $0 != 0x09 }) else { return }
        let tree: JSONValue
        do throws(JSONError) {
            tree = try JSONParser.parse(bytes)
        } catch {
            throw .malformedResponse("watch event: \(error)")
        }
        guard let kind = tree["type"]?.string.flatMap(WatchEvent.Kind.init(rawValue:)), let object = tree["object"] else {
            throw .malformedResponse("watch event without a known type and an object")
        }
        events.append(WatchEvent(kind: kind, object: object))
    }
}
