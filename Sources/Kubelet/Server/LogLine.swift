import API

/// One line of a CRI log file: `2026-11-21T05:43:12.671686146Z stderr F text`.
struct LogLine: Hashable, Sendable {
    var time: Timestamp
    var timeText: ArraySlice<UInt8>
    var stream: ArraySlice<UInt8>
    /// The container's line goes on in the next one of this stream.
    var isPartial: Bool
    var text: ArraySlice<UInt8>

    /// Nil for a line of another format.
    init?(_ line: ArraySlice<UInt8>) {
        func cut(_ rest: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
            guard let space = rest.firstIndex(of: 0x20) else { return nil }
            return (rest[rest.startIndex..<space], rest[(space + 1)...])
        }
        guard let (timeText, afterTime) = cut(line), let (stream, afterStream) = cut(afterTime),
            let time = Timestamp(parsing: String(decoding: timeText, as: UTF8.self))
        else { return nil }
        let (tag, text) = cut(afterStream) ?? (afterStream, [])
        guard tag.first == 0x46 || tag.first == 0x50 else { return nil }
        self.time = time
        self.timeText = timeText
        self.stream = stream
        isPartial = tag.first == 0x50
        self.text = text
    }
}

/// What `kubectl logs` asks for.
struct LogOptions: Hashable, Sendable {
    var follow = false
    var previous = false
    var timestamps = false
    var tailLines: Int64?
    var limitBytes: Int64?
    var since: Timestamp?
    /// `stdout` or `stderr`; nil: both.
    var stream: String?
}

/// Turns the bytes of a CRI log file into what the container wrote.
struct LogFilter: Sendable {
    private let options: LogOptions
    private var rest: [UInt8] = []
    private var isInsideLine = false
    private var left: Int64
    /// The byte limit has been reached.
    var isFull: Bool { left <= 0 }

    init(_ options: LogOptions) {
        self.options = options
        left = options.limitBytes ?? .max
    }

    /// Takes bytes in any chunking; an unfinished last line is kept.
    mutating func feed(_ bytes: some Collection<UInt8>) -> [UInt8] {
        rest.append(contentsOf: bytes)
        var output: [UInt8] = []
        var start = 0
        while left > 0, let end = rest[start...].firstIndex(of: 0x0a) {
            append(rest[start..<end], to: &output)
            start = end + 1
        }
        rest.removeFirst(start)
        return output
    }

    private mutating func append(_ raw: ArraySlice<UInt8>, to output: inout [UInt8]) {
        guard let line = LogLine(raw) else { return }
        if let since = options.since, line.time < since { return }
        if let stream = options.stream, !line.stream.elementsEqual(stream.utf8) { return }
        var piece: [UInt8] = []
        if options.timestamps, !isInsideLine { piece += line.timeText + [0x20] }
        piece += line.text
        if !line.isPartial { piece.append(0x0a) }
        isInsideLine = line.isPartial
        output += piece.prefix(Int(clamping: left))
        left -= Int64(piece.count)
    }

    /// Where the last `lines` lines begin, in a file given by its size and a reader of ranges.
    static func tailOffset(size: Int, lines: Int64, read: (Range<Int>) -> [UInt8]) -> Int {
        guard lines > 0 else { return size }
        var seen: Int64 = 0
        var end = size
        while end > 0 {
            let start = max(0, end - 65536)
            let chunk = read(start..<end)
            for index in chunk.indices.reversed() where chunk[index] == 0x0a && start + index != size - 1 {
                seen += 1
                if seen == lines { return start + index + 1 }
            }
            end = start
        }
        return 0
    }
}
