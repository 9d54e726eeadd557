import Glibc

/// The part of an object's bytes that many objects have to the byte: its largest set of managed fields.
///
/// Objects that one manager makes from one template have the same fields, and the list of these is often a third of the object. Where
/// the block begins and ends is a matter of memory only: whoever reads gets the same bytes wherever they were cut.
struct CommonBlock: Hashable, Sendable {
    let bytes: [UInt8]

    /// A smaller one is not worth the cut.
    static let bytesMin = 256

    private static let name = Array("\"fieldsV1\":{".utf8)
    /// Where in `name` the byte stands that is rarest in objects.
    private static let markOffset = 7
    private static let mark = UInt8(ascii: "V")

    /// Bytes as they are: element by element the hash of a large block would cost more than its comparison.
    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }

    /// Where the largest set of managed fields stands, braces included; nil when none is large enough.
    static func range(in bytes: [UInt8]) -> Range<Int>? {
        bytes.withUnsafeBufferPointer { buffer in
            var largest: Range<Int>?
            var position = 0
            while let start = next(in: buffer, from: position) {
                let end = end(of: buffer, from: start)
                if end - start >= max(bytesMin, (largest?.count ?? 0) + 1) { largest = start..<end }
                position = end
            }
            return largest
        }
    }

    /// The opening brace of the next set.
    private static func next(in buffer: UnsafeBufferPointer<UInt8>, from position: Int) -> Int? {
        // SAFETY: every pointer stays inside the buffer, which outlives this call.
        guard let base = buffer.baseAddress else { return nil }
        var position = position
        while position < buffer.count {
            guard let found = memchr(base + position, Int32(mark), buffer.count - position) else { return nil }
            let markPosition = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
            let start = markPosition - markOffset
            if start >= 0, start + name.count <= buffer.count, memcmp(base + start, name, name.count) == 0 {
                return start + name.count - 1
            }
            position = markPosition + 1
        }
        return nil
    }

    /// Behind the brace that closes the one at `start`, or the end of the bytes.
    private static func end(of buffer: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var depth = 0
        var isText = false
        var position = start
        while position < buffer.count {
            let byte = buffer[position]
            position += 1
            if isText {
                if byte == UInt8(ascii: "\\") { position += 1 }
                if byte == UInt8(ascii: "\"") { isText = false }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return position }
            default: break
            }
        }
        return buffer.count
    }
}
