/// Names and records of the zone itself, in the form in which they are written.
struct ZoneRecords: Sendable {
    let domain: [UInt8]
    /// `ns.dns.ZONE`
    let server: [UInt8]
    let mailbox: [UInt8]
    let ttl: UInt32

    private static let serverLabels: [UInt8] = [2] + Array("ns".utf8) + [3] + Array("dns".utf8)
    private static let mailboxLabels: [UInt8] = [10] + Array("hostmaster".utf8)

    init(_ configuration: ZoneConfiguration) {
        domain = configuration.domain.wire
        server = Self.serverLabels + domain
        mailbox = Self.mailboxLabels + domain
        ttl = configuration.ttl
    }

    /// The SOA record of a negative answer or of the apex.
    ///
    /// - Parameter pointer: Where the message has the zone's name; nil: it is looked for, or written out.
    func writeAuthority(
        _ writer: inout MessageWriter, _ section: MessageWriter.Section, serial: UInt32, zone pointer: UInt16?
    ) {
        _ = writer.record(section) { writer in
            if let pointer { writer.put(pointer) } else { writer.name(domain) }
            writer.data(.soa, ttl: ttl) { writer in
                if let pointer {
                    writer.put(Self.serverLabels)
                    writer.put(pointer)
                    writer.put(Self.mailboxLabels)
                    writer.put(pointer)
                } else {
                    writer.name(server)
                    writer.name(mailbox)
                }
                writer.putTimes(serial: serial, minimum: ttl)
            }
        }
    }
}
