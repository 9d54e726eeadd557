/// A question as a client sent it, checked as far as the wire goes. Reused from message to message.
package struct Request: Sendable {
    /// EDNS0, when the client speaks it.
    package struct Extension: Hashable, Sendable {
        /// As the client wrote it; values below 512 mean 512.
        package var payloadBytes: UInt16
        package var version: UInt8
        /// The client wants signatures.
        package var wantsSignatures: Bool
    }

    /// What the wire says about answering.
    package enum Verdict: Hashable, Sendable {
        /// To be answered by looking the name up.
        case question
        /// Not worth an answer: too short, or an answer itself.
        case drop
        /// To be refused; the question can be echoed only when it was read.
        case refuse(ResponseCode, echoesQuestion: Bool)
    }

    package private(set) var id: UInt16 = 0
    package private(set) var flags: UInt16 = 0
    package private(set) var name = QuestionName()
    package private(set) var type = RecordType.a
    package private(set) var classCode = WireLimit.internet
    package private(set) var edns: Extension?
    /// Where the question ends in the message; the header's end when none was read.
    package private(set) var questionEnd = WireLimit.headerBytes

    package init() {}

    package var recursionDesired: Bool { flags & HeaderFlags.recursionDesired != 0 }
    package var checkingDisabled: Bool { flags & HeaderFlags.checkingDisabled != 0 }

    /// Reads a message from a client.
    ///
    /// - SeeAlso: RFC 1035 section 4.1, RFC 6891 section 6.1, RFC 9619 (one question).
    package mutating func read(_ message: UnsafeRawBufferPointer) -> Verdict {
        edns = nil
        questionEnd = WireLimit.headerBytes
        guard message.count >= WireLimit.headerBytes else { return .drop }
        func word(_ position: Int) -> UInt16 { UInt16(message[position]) << 8 | UInt16(message[position + 1]) }
        id = word(0)
        flags = word(2)
        guard flags & HeaderFlags.response == 0 else { return .drop }
        guard flags & HeaderFlags.opcodeMask == 0 else { return .refuse(.notImplemented, echoesQuestion: false) }
        guard word(4) == 1, word(6) == 0, word(8) == 0 else { return .refuse(.formatError, echoesQuestion: false) }
        guard let end = name.read(message, at: WireLimit.headerBytes), end + 4 <= message.count else {
            return .refuse(.formatError, echoesQuestion: false)
        }
        type = RecordType(rawValue: word(end))
        classCode = word(end + 2)
        questionEnd = end + 4
        guard let verdict = readExtension(message, records: Int(word(10))) else {
            return .refuse(.formatError, echoesQuestion: true)
        }
        return verdict
    }

    /// Finds the OPT record among the additional ones; nil for what is no list of records.
    private mutating func readExtension(_ message: UnsafeRawBufferPointer, records: Int) -> Verdict? {
        var position = questionEnd
        for _ in 0..<records {
            guard let owner = MessageReader.skipName(message, at: position), owner + 10 <= message.count else { return nil }
            func word(_ position: Int) -> UInt16 { UInt16(message[position]) << 8 | UInt16(message[position + 1]) }
            let next = owner + 10 + Int(word(owner + 8))
            guard next <= message.count else { return nil }
            if word(owner) == RecordType.opt.rawValue {
                guard edns == nil, message[position] == 0 else { return nil }
                edns = Extension(
                    payloadBytes: word(owner + 2), version: message[owner + 5], wantsSignatures: message[owner + 6] & 0x80 != 0)
            }
            position = next
        }
        if let edns, edns.version > 0 { return .refuse(.badVersion, echoesQuestion: true) }
        return .question
    }

    /// The largest UDP answer that the client takes and we send.
    package func udpBytesMax(_ ours: Int) -> Int {
        guard let edns else { return WireLimit.plainUDPBytes }
        return max(WireLimit.plainUDPBytes, min(Int(edns.payloadBytes), ours))
    }

    /// A message that asks for a name, as a client would send it.
    package static func message(
        id: UInt16, _ name: DNSName, _ type: RecordType, wantsSignatures: Bool = false, checkingDisabled: Bool = false,
        payloadBytes: UInt16 = 1232
    ) -> [UInt8] {
        var flags = HeaderFlags.recursionDesired
        if checkingDisabled { flags |= HeaderFlags.checkingDisabled }
        var bytes: [UInt8] = []
        func append(_ word: UInt16) {
            bytes.append(UInt8(word >> 8))
            bytes.append(UInt8(word & 255))
        }
        for word in [id, flags, 1, 0, 0, 1] { append(word) }
        bytes += name.wire
        append(type.rawValue)
        append(WireLimit.internet)
        bytes.append(0)
        append(RecordType.opt.rawValue)
        append(payloadBytes)
        append(0)
        append(wantsSignatures ? 0x8000 : 0)
        append(0)
        return bytes
    }
}
