package import NetworkTypes

/// A server that is asked for names that are not ours.
package struct Upstream: Hashable, Sendable, CustomStringConvertible {
    private var packed: PackedAddress
    package var port: UInt16

    package var address: IPAddress { packed.address }

    package init(_ address: IPAddress, port: UInt16 = 53) {
        packed = PackedAddress(address)
        self.port = port
    }

    /// `10.0.0.2`, `10.0.0.2:5353`, `fd00::2`, `[fd00::2]:5353`; nil for anything else.
    package init?(parsing text: String) {
        if let address = IPAddress(parsing: text) {
            self.init(address)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let address = IPAddress(parsing: host) else { return nil }
        self.init(address, port: port)
    }

    package var description: String {
        address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}

/// Who is asked for what.
package struct ForwardConfiguration: Hashable, Sendable {
    package struct StubDomain: Hashable, Sendable {
        package var domain: DNSName
        package var upstreams: [Upstream]

        package init(_ domain: DNSName, _ upstreams: [Upstream]) {
            self.domain = domain
            self.upstreams = upstreams
        }
    }

    /// In order of preference; empty: other names than ours fail at once.
    package var upstreams: [Upstream]
    package var stubDomains: [StubDomain]
    package var cache: CacheLimits
    /// Questions on their way at once; beyond it further ones fail.
    package var flightsMax: Int
    /// Of these, for one client.
    package var flightsMaxPerClient: Int
    /// Clients that may wait for one question.
    package var waitersMax: Int
    /// How long one server has for an answer.
    package var attemptTimeout: Duration
    /// Servers asked, repeats counted, before the question fails.
    package var attemptsMax: Int
    /// How long a server that twice did not answer is left alone.
    package var restInterval: Duration
    /// How long a name that is completed for the client waits for a server. After it the client walks its search list itself.
    package var completionPatience: Duration

    package init(
        upstreams: [Upstream] = [], stubDomains: [StubDomain] = [], cache: CacheLimits = CacheLimits(), flightsMax: Int = 512,
        flightsMaxPerClient: Int = 128, waitersMax: Int = 1024, attemptTimeout: Duration = .milliseconds(900),
        attemptsMax: Int = 3, restInterval: Duration = .milliseconds(500), completionPatience: Duration = .milliseconds(150)
    ) {
        self.upstreams = upstreams
        self.stubDomains = stubDomains
        self.cache = cache
        self.flightsMax = flightsMax
        self.flightsMaxPerClient = flightsMaxPerClient
        self.waitersMax = waitersMax
        self.attemptTimeout = attemptTimeout
        self.attemptsMax = attemptsMax
        self.restInterval = restInterval
        self.completionPatience = completionPatience
    }

    /// Every server that may be asked for something.
    var allUpstreams: Set<Upstream> { Set(upstreams + stubDomains.flatMap(\.upstreams)) }

    /// The servers for a name: those of the longest stub domain that it is in, else the general ones.
    package func upstreams(for name: DNSName) -> [Upstream] {
        let stub = stubDomains.filter { name.isWithin($0.domain) }.max { $0.domain.labelCount < $1.domain.labelCount }
        return stub?.upstreams ?? upstreams
    }
}
