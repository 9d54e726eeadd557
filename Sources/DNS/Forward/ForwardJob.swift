/// A question that somebody else must answer, and what the reply to our client needs besides.
package struct ForwardJob: Hashable, Sendable {
    /// A name that is another name for its target.
    package struct Alias: Hashable, Sendable {
        package var owner: DNSName
        package var target: DNSName
        package var ttl: UInt32

        func write(_ writer: inout MessageWriter, ttl: UInt32) -> Bool {
            writer.record(.answer) { writer in
                writer.name(owner.wire)
                writer.data(.cname, ttl: ttl) { $0.name(target.wire) }
            }
        }
    }

    package enum Purpose: Hashable, Sendable {
        /// The answer to the question itself.
        case answer
        /// Where an ExternalName Service leads.
        case alias
        /// The client's search list, walked for it; the first name that exists counts. If none does, the question's own name does
        /// not exist either, and the zone says so.
        case completion(serial: UInt32)
    }

    package var id: UInt16
    package var flags: UInt16
    /// As the client sent it: name with its case, type and class.
    package var question: [UInt8]
    package var name: DNSName
    package var type: RecordType
    package var edns: Request.Extension?
    package var bytesMax: Int
    /// Names to ask for, one after another.
    package var targets: [DNSName]
    package var aliases: [Alias]
    package var purpose: Purpose

    var wantsSignatures: Bool { edns?.wantsSignatures ?? false }
    var checkingDisabled: Bool { flags & HeaderFlags.checkingDisabled != 0 }

    func key(_ target: Int) -> AnswerKey {
        AnswerKey(
            name: targets[target], type: type, wantsSignatures: wantsSignatures, checkingDisabled: checkingDisabled)
    }
}

/// What an answer is found by.
package struct AnswerKey: Hashable, Sendable {
    package var name: DNSName
    package var type: RecordType
    package var wantsSignatures: Bool
    package var checkingDisabled: Bool

    package init(name: DNSName, type: RecordType, wantsSignatures: Bool = false, checkingDisabled: Bool = false) {
        self.name = name
        self.type = type
        self.wantsSignatures = wantsSignatures
        self.checkingDisabled = checkingDisabled
    }
}

/// Puts together what the client gets when somebody else has answered, or has not.
package struct ReplyBuilder: Sendable {
    let configuration: ZoneConfiguration
    let records: ZoneRecords

    package init(_ responder: Responder) {
        configuration = responder.configuration
        records = responder.records
    }

    /// - Parameters:
    ///   - target: Which of the job's names was answered.
    ///   - age: Seconds since the answer came.
    ///   - isStale: Its time is over, but nobody has a newer one.
    /// - Returns: Bytes written into `buffer`.
    package func write(
        _ job: ForwardJob, _ answer: StoredAnswer, target: Int, age: UInt32, isStale: Bool,
        into buffer: UnsafeMutableRawBufferPointer, _ writer: inout MessageWriter
    ) -> (bytes: Int, code: ResponseCode) {
        begin(job, buffer, &writer)
        var fits = job.aliases.allSatisfy { $0.write(&writer, ttl: $0.ttl) }
        func ttl(_ record: Record) -> UInt32 {
            isStale ? StoredAnswer.staleSeconds : record.ttl > age ? record.ttl - age : 0
        }
        if case .completion = job.purpose, job.targets[target] != job.name {
            let ttl = answer.answers.first.map(ttl) ?? configuration.ttl
            fits = fits && ForwardJob.Alias(owner: job.name, target: job.targets[target], ttl: ttl).write(&writer, ttl: ttl)
        }
        for record in answer.answers where fits { fits = writer.copy(record, ttl: ttl(record), into: .answer) }
        if fits { for record in answer.authorities { _ = writer.copy(record, ttl: ttl(record), into: .authority) } }
        return (finish(job, answer.code, isTruncated: !fits, &writer), answer.code)
    }

    /// Nobody had an answer.
    package func writeFailure(
        _ job: ForwardJob, into buffer: UnsafeMutableRawBufferPointer, _ writer: inout MessageWriter
    ) -> (bytes: Int, code: ResponseCode) {
        begin(job, buffer, &writer)
        if case .completion(let serial) = job.purpose {
            let zone = job.name.wire.count - configuration.domain.wire.count
            let pointer = UInt16(0xc000 | (WireLimit.headerBytes + zone))
            records.writeAuthority(&writer, .authority, serial: serial, zone: pointer)
            return (finish(job, .nameError, isOurs: true, &writer), .nameError)
        }
        // The part that we know may help whoever looks with dig.
        _ = job.aliases.allSatisfy { $0.write(&writer, ttl: $0.ttl) }
        return (finish(job, .serverFailure, &writer), .serverFailure)
    }

    private func begin(_ job: ForwardJob, _ buffer: UnsafeMutableRawBufferPointer, _ writer: inout MessageWriter) {
        job.question.withUnsafeBytes { writer.begin(buffer, bytesMax: job.bytesMax, id: job.id, question: $0) }
        if job.edns != nil { writer.reserve(WireLimit.optBytes) }
    }

    private func finish(
        _ job: ForwardJob, _ code: ResponseCode, isTruncated: Bool = false, isOurs: Bool = false, _ writer: inout MessageWriter
    ) -> Int {
        var flags = HeaderFlags.response | HeaderFlags.recursionAvailable | code.rawValue & HeaderFlags.responseCodeMask
        flags |= job.flags & (HeaderFlags.recursionDesired | HeaderFlags.checkingDisabled)
        if isOurs { flags |= HeaderFlags.authoritative }
        if isTruncated { flags |= HeaderFlags.truncated }
        if let edns = job.edns {
            writer.release(WireLimit.optBytes)
            writer.opt(edns, payloadBytes: configuration.udpBytesMax, code: code)
        }
        return writer.finish(flags: flags)
    }
}
