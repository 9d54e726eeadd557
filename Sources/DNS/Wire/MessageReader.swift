/// Reads what a server answered.
package enum MessageReader {
    /// Why bytes are no answer.
    package enum Refusal: Error, Hashable, Sendable { case malformed, tooManyRecords }

    /// More in one message than any honest answer holds.
    static let recordsMax = 4096

    /// Steps over a name. Returns where the message goes on; nil for what is no name.
    static func skipName(_ message: UnsafeRawBufferPointer, at start: Int) -> Int? {
        var position = start
        while position < message.count {
            let length = message[position]
            switch length & 0xc0 {
            case 0:
                if length == 0 { return position + 1 }
                position += 1 + Int(length)
            case 0xc0: return position + 2 <= message.count ? position + 2 : nil
            default: return nil
            }
            guard position - start < WireLimit.nameBytes else { return nil }
        }
        return nil
    }

    /// Appends a name without pointers, in lower case. Returns where the message goes on behind the name; nil for a pointer that
    /// does not lead backwards, and for what is no name.
    static func readName(_ message: UnsafeRawBufferPointer, at start: Int, into output: inout [UInt8]) -> Int? {
        var position = start
        var end: Int?
        var written = 0
        var lowest = start
        while position < message.count {
            let length = message[position]
            switch length & 0xc0 {
            case 0:
                written += 1 + Int(length)
                guard written <= WireLimit.nameBytes, position + 1 + Int(length) <= message.count else { return nil }
                output.append(length)
                if length == 0 { return end ?? position + 1 }
                for offset in 1...Int(length) { output.append(ASCII.lowered(message[position + offset])) }
                position += 1 + Int(length)
            case 0xc0:
                guard position + 2 <= message.count else { return nil }
                let target = Int(length & 0x3f) << 8 | Int(message[position + 1])
                if end == nil { end = position + 2 }
                // Each jump leads to an earlier place than any before: a loop cannot be made of such jumps.
                guard target < lowest, target >= WireLimit.headerBytes else { return nil }
                lowest = target
                position = target
            default: return nil
            }
        }
        return nil
    }

    package static func read(_ bytes: [UInt8], anyClass: Bool = false) throws(Refusal) -> ServerAnswer {
        let parsed = bytes.withUnsafeBytes { message in
            Result<ServerAnswer, Refusal> { () throws(Refusal) in try read(message, anyClass: anyClass) }
        }
        return try parsed.get()
    }

    /// Reads a whole message that answers one question.
    static func read(_ message: UnsafeRawBufferPointer, anyClass: Bool = false) throws(Refusal) -> ServerAnswer {
        guard message.count >= WireLimit.headerBytes else { throw .malformed }
        func word(_ position: Int) -> UInt16 { UInt16(message[position]) << 8 | UInt16(message[position + 1]) }
        guard word(4) == 1 else { throw .malformed }
        var question: [UInt8] = []
        guard let end = readName(message, at: WireLimit.headerBytes, into: &question), end + 4 <= message.count else {
            throw .malformed
        }
        let counts = [Int(word(6)), Int(word(8)), Int(word(10))]
        guard counts.reduce(0, +) <= recordsMax else { throw .tooManyRecords }
        var answer = ServerAnswer(
            id: word(0), flags: word(2), name: DNSName(unchecked: question), type: RecordType(rawValue: word(end)))
        guard anyClass || word(end + 2) == WireLimit.internet else { throw .malformed }
        var position = end + 4
        for section in 0..<3 {
            for _ in 0..<counts[section] {
                guard let (record, next) = record(message, at: position) else { throw .malformed }
                position = next
                if record.type == .opt {
                    answer.extendedCode = UInt8(truncatingIfNeeded: record.ttl >> 24)
                } else if section == 0 {
                    answer.answers.append(record)
                } else if section == 1 {
                    answer.authorities.append(record)
                }
            }
        }
        return answer
    }

    private static func record(_ message: UnsafeRawBufferPointer, at start: Int) -> (Record, Int)? {
        var owner: [UInt8] = []
        guard let position = readName(message, at: start, into: &owner), position + 10 <= message.count else { return nil }
        func word(_ position: Int) -> UInt16 { UInt16(message[position]) << 8 | UInt16(message[position + 1]) }
        let end = position + 10 + Int(word(position + 8))
        guard end <= message.count else { return nil }
        let type = RecordType(rawValue: word(position))
        var record = Record(
            DNSName(unchecked: owner), type, ttl: UInt32(word(position + 4)) << 16 | UInt32(word(position + 6)), data: [])
        guard let data = data(message, type, from: position + 10, to: end) else { return nil }
        record.data = data
        return (record, end)
    }

    /// The data with names written out, for the types whose names may be compressed.
    ///
    /// - SeeAlso: RFC 3597 section 4.
    private static func data(_ message: UnsafeRawBufferPointer, _ type: RecordType, from start: Int, to end: Int) -> [UInt8]? {
        let layout: (before: Int, names: Int, after: Int)
        switch type {
        case .cname, .ns, .ptr, .dname: layout = (0, 1, 0)
        case .mx: layout = (2, 1, 0)
        case .srv: layout = (6, 1, 0)
        case .soa: layout = (0, 2, 20)
        case .a: return end - start == 4 ? Array(message[start..<end]) : nil
        case .aaaa: return end - start == 16 ? Array(message[start..<end]) : nil
        default: return Array(message[start..<end])
        }
        guard start + layout.before <= end else { return nil }
        var output = Array(message[start..<(start + layout.before)])
        var position = start + layout.before
        for _ in 0..<layout.names {
            guard let next = readName(message, at: position, into: &output), next <= end else { return nil }
            position = next
        }
        guard end - position == layout.after else { return nil }
        return output + message[position..<end]
    }
}

/// A record with every name written out.
package struct Record: Hashable, Sendable {
    package var owner: DNSName
    package var type: RecordType
    /// Seconds.
    package var ttl: UInt32
    /// Without pointers.
    package var data: [UInt8]

    package init(_ owner: DNSName, _ type: RecordType, ttl: UInt32, data: [UInt8]) {
        self.owner = owner
        self.type = type
        self.ttl = ttl
        self.data = data
    }
}

/// What a server answered to one question.
package struct ServerAnswer: Hashable, Sendable {
    package var id: UInt16
    package var flags: UInt16
    package var name: DNSName
    package var type: RecordType
    /// The upper eight bits of the response code.
    package var extendedCode: UInt8 = 0
    package var answers: [Record] = []
    package var authorities: [Record] = []

    package var code: ResponseCode {
        ResponseCode(rawValue: UInt16(extendedCode) << 4 | flags & HeaderFlags.responseCodeMask)
    }
    package var isResponse: Bool { flags & HeaderFlags.response != 0 }
    package var isTruncated: Bool { flags & HeaderFlags.truncated != 0 }
    package var isAuthoritative: Bool { flags & HeaderFlags.authoritative != 0 }
}
