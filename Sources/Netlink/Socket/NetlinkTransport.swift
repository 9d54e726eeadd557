/// Where netlink requests go: a socket of one network namespace, or a stand-in.
package protocol NetlinkTransport: Sendable {
    /// Sends the requests in as few datagrams as their number allows and waits for every answer.
    ///
    /// The kernel performs the requests in order and goes on after one that it refuses.
    /// - Returns: One reply per request, in the same order.
    func exchange(_ requests: [NetlinkMessage]) throws(NetlinkError) -> [NetlinkReply]

    /// Sends one dump request and returns its parts. A dump that a change interrupted is repeated.
    func dump(_ request: NetlinkMessage) throws(NetlinkError) -> [NetlinkMessage]
}

/// What the kernel answered to one request.
package struct NetlinkReply: Hashable, Sendable {
    /// What a get request asked for; empty for others.
    package var messages: [NetlinkMessage]
    /// Nil: done.
    package var refusal: NetlinkRefusal?

    package init(messages: [NetlinkMessage] = [], refusal: NetlinkRefusal? = nil) {
        self.messages = messages
        self.refusal = refusal
    }
}

/// Why the kernel did not perform a request.
package struct NetlinkRefusal: Hashable, Sendable {
    package var errno: Int32
    /// The kernel's own sentence, when it has one.
    package var explanation: String?

    package init(errno: Int32, explanation: String? = nil) {
        self.errno = errno
        self.explanation = explanation
    }
}

extension NetlinkTransport {
    /// Performs every request; throws the first refusal, after all of them have been answered.
    package func apply(_ requests: [NetlinkMessage]) throws(NetlinkError) {
        for (position, reply) in try exchange(requests).enumerated() {
            if let refusal = reply.refusal { throw .refused(request: position, refusal) }
        }
    }

    /// The one answer to a get request; nil when the kernel knows no such object.
    package func get(_ request: NetlinkMessage) throws(NetlinkError) -> NetlinkMessage? {
        guard let reply = try exchange([request]).first else { return nil }
        guard let refusal = reply.refusal else { return reply.messages.first }
        switch refusal.errno {
        case LinuxErrno.noDevice, LinuxErrno.noEntry, LinuxErrno.noProcess, LinuxErrno.networkUnreachable: return nil
        default: throw .refused(request: 0, refusal)
        }
    }

    /// The link that a message with an index, a name or an alternative name names; nil when there is none.
    package func link(_ link: LinkMessage) throws(NetlinkError) -> LinkMessage? {
        try get(link.get).flatMap { LinkMessage($0) }
    }

    package func links() throws(NetlinkError) -> [LinkMessage] { try dump(LinkMessage.list).compactMap { LinkMessage($0) } }
}
