package import NetworkTypes

/// Who asks.
package struct Client: Hashable, Sendable {
    package enum Transport: Hashable, Sendable { case udp, tcp }

    private var packed: PackedAddress
    package var transport: Transport

    package var address: IPAddress { packed.address }

    package init(_ address: IPAddress, _ transport: Transport) {
        packed = PackedAddress(address)
        self.transport = transport
    }
}

/// What becomes of a message.
package enum Outcome: Sendable {
    /// The reply stands in the buffer, this long.
    case reply(bytes: Int, code: ResponseCode)
    /// Nothing is sent.
    case drop
    /// Somebody else has to be asked first.
    case forward(ForwardJob)
}

/// What answering one message after another needs: reused, so that the usual answer allocates nothing. One per thread.
package struct Workspace: Sendable {
    package var request = Request()
    // SAFETY: the writer's buffer is set by `begin` for each message and belongs to the thread that has the workspace.
    nonisolated(unsafe) package var writer = MessageWriter()
    /// A name on the way: the target of an alias, a completed name.
    var other = QuestionName()
    /// Turns the order of addresses from answer to answer.
    var turn: UInt32
    /// Names completed for clients from the model alone.
    var completions = 0
    /// Who answered the last message, for the metrics.
    package var source = AnswerSource.server

    package init(turn: UInt32 = 0) { self.turn = turn }
}

/// Decides what to answer. Reads no clock, owns no socket: message and model in, reply or order out.
package struct Responder: Sendable {
    package let configuration: ZoneConfiguration
    let records: ZoneRecords

    package init(_ configuration: ZoneConfiguration) {
        self.configuration = configuration
        records = ZoneRecords(configuration)
    }

    /// - Parameter buffer: Room for the reply; for UDP at least `WireLimit.plainUDPBytes`.
    package func answer(
        _ message: UnsafeRawBufferPointer, from client: Client, model: DNSModel, into buffer: UnsafeMutableRawBufferPointer,
        _ space: inout Workspace
    ) -> Outcome {
        space.source = .dropped
        switch space.request.read(message) {
        case .drop: return .drop
        case .refuse(let code, let echoesQuestion):
            begin(message, client, buffer, &space, echoesQuestion: echoesQuestion)
            return finish(code, &space)
        case .question: break
        }
        begin(message, client, buffer, &space, echoesQuestion: true)
        let type = space.request.type
        guard space.request.classCode == WireLimit.internet else { return finish(.refused, &space) }
        space.source = .server
        switch type.rawValue {
        case 0, RecordType.opt.rawValue: return finish(.formatError, &space)
        case RecordType.axfr.rawValue, RecordType.ixfr.rawValue: return finish(.refused, &space)
        case 249, 250, 253, 254: return finish(.notImplemented, &space)
        default: break
        }
        if let zone = space.request.name.ending(with: configuration.domain) {
            guard model.isComplete else { return finish(.serverFailure, &space) }
            space.source = .kubernetes
            return answerCluster(zone: zone, client, message, model, &space)
        }
        if let address = AddressLabel.reverse(space.request.name) {
            guard model.isComplete else { return finish(.serverFailure, &space) }
            if let outcome = answerReverse(address, model, &space) {
                space.source = .kubernetes
                return outcome
            }
        }
        if type == .any {
            space.source = .any
            return finish(minimalAny(&space), &space)
        }
        return .forward(job(message, client, space, targets: [space.request.name.name]))
    }

    // MARK: Frame of a reply

    private func begin(
        _ message: UnsafeRawBufferPointer, _ client: Client, _ buffer: UnsafeMutableRawBufferPointer, _ space: inout Workspace,
        echoesQuestion: Bool
    ) {
        let end = echoesQuestion ? space.request.questionEnd : WireLimit.headerBytes
        let question = UnsafeRawBufferPointer(rebasing: message[WireLimit.headerBytes..<end])
        space.writer.begin(buffer, bytesMax: bytesMax(client, space.request), id: space.request.id, question: question)
        if space.request.edns != nil { space.writer.reserve(WireLimit.optBytes) }
    }

    private func bytesMax(_ client: Client, _ request: Request) -> Int {
        client.transport == .tcp ? WireLimit.messageBytes : request.udpBytesMax(configuration.udpBytesMax)
    }

    /// - Parameter isOurs: The answer is from the zone, not from somebody else.
    func finish(
        _ code: ResponseCode, _ space: inout Workspace, isOurs: Bool = false, isTruncated: Bool = false
    ) -> Outcome {
        var flags = HeaderFlags.response | code.rawValue & HeaderFlags.responseCodeMask
        flags |= space.request.flags & (HeaderFlags.opcodeMask | HeaderFlags.recursionDesired | HeaderFlags.checkingDisabled)
        flags |= HeaderFlags.recursionAvailable
        if isOurs { flags |= HeaderFlags.authoritative }
        if isTruncated { flags |= HeaderFlags.truncated }
        if let edns = space.request.edns {
            space.writer.release(WireLimit.optBytes)
            space.writer.opt(edns, payloadBytes: configuration.udpBytesMax, code: code)
        }
        return .reply(bytes: space.writer.finish(flags: flags), code: code)
    }

    /// - SeeAlso: RFC 8482 section 4.2.
    func minimalAny(_ space: inout Workspace) -> ResponseCode {
        _ = space.writer.record(.answer) { writer in
            writer.put(UInt16(0xc00c))
            writer.data(.hinfo, ttl: configuration.ttl) { writer in
                writer.put(UInt8(7))
                writer.put("RFC8482".utf8)
                writer.put(UInt8(0))
            }
        }
        return .noError
    }

    /// What somebody else has to be asked, with all that the reply needs afterwards.
    func job(
        _ message: UnsafeRawBufferPointer, _ client: Client, _ space: Workspace, targets: [DNSName],
        aliases: [ForwardJob.Alias] = [], purpose: ForwardJob.Purpose = .answer
    ) -> ForwardJob {
        let request = space.request
        return ForwardJob(
            id: request.id, flags: request.flags,
            question: Array(message[WireLimit.headerBytes..<request.questionEnd]), name: request.name.name,
            type: request.type, edns: request.edns, bytesMax: bytesMax(client, request), targets: targets, aliases: aliases,
            purpose: purpose)
    }
}
