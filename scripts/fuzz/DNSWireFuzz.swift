import NetworkTypes

// Built by scripts/fuzz-dns.sh together with Sources/DNS/Wire, for libFuzzer.

/// Whatever bytes come: no crash, no endless walk, and what was read can be written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // SAFETY: the fuzzer's buffer lives until we return.
    let message = UnsafeRawBufferPointer(start: start, count: count)
    var request = Request()
    if case .question = request.read(message) {
        precondition(request.questionEnd <= count, "the question is in the message")
        let name = request.name.name
        precondition(DNSName(parsing: name.description) == name, "a name prints as it is read")
    }
    if let answer = try? MessageReader.read(message, anyClass: true) { rewrite(answer) }
    if let name = DNSName(parsing: String(decoding: message, as: UTF8.self)) {
        precondition(name.wire.count <= WireLimit.nameBytes, "a name is bounded")
        precondition(DNSName(parsing: name.description) == name, "a name prints as it is read")
    }
    return 0
}

private func rewrite(_ answer: ServerAnswer) {
    var buffer = [UInt8](repeating: 0, count: WireLimit.messageBytes)
    var question = answer.name.wire
    question += [UInt8(answer.type.rawValue >> 8), UInt8(answer.type.rawValue & 255), 0, 1]
    var isWhole = true
    let bytes = buffer.withUnsafeMutableBytes { buffer in
        question.withUnsafeBytes { question in
            var writer = MessageWriter()
            writer.begin(buffer, bytesMax: buffer.count, id: answer.id, question: question)
            for record in answer.answers where isWhole { isWhole = writer.copy(record, ttl: record.ttl, into: .answer) }
            for record in answer.authorities where isWhole { isWhole = writer.copy(record, ttl: record.ttl, into: .authority) }
            return writer.finish(flags: answer.flags)
        }
    }
    for record in answer.answers + answer.authorities { _ = record.description }
    guard isWhole else { return }
    guard let again = try? MessageReader.read(Array(buffer[..<bytes])) else { preconditionFailure("what we write can be read") }
    precondition(again.answers == answer.answers && again.authorities == answer.authorities, "nothing changes on the way")
}
