import JSON
import NetworkTypes
import Testing

@testable import CNI
@testable import Netlink

@Suite struct PortMappingTests {
    private func mappings(_ json: String) throws -> [PortMapping] { try PortMapping.list(try JSONParser.parse(json)) }

    @Test func `reads every spelling, protocol and address`() throws {
        #expect(
            try mappings(
                """
                [{"hostPort":8080,"containerPort":80},{"HostPort":53,"ContainerPort":5353,"Protocol":"UDP","HostIP":"192.0.2.1"},
                 {"hostPort":1,"containerPort":2,"protocol":"sctp","hostIP":"0.0.0.0"},
                 {"hostPort":1,"containerPort":2,"protocol":"tcp","hostIP":"::"},{"hostPort":8080,"containerPort":80}]
                """) == [
                    PortMapping(.tcp, 8080, to: 80),
                    PortMapping(.udp, 53, to: 5353, on: .address(.v4(IPv4Address(192, 0, 2, 1)))),
                    PortMapping(.sctp, 1, to: 2, on: .everyAddressOf(.ipv4)),
                    PortMapping(.tcp, 1, to: 2, on: .everyAddressOf(.ipv6)),
                ])
    }

    @Test(arguments: [
        #"{}"#, #"[1]"#, #"[{"hostPort":"x","containerPort":1}]"#, #"[{"hostPort":0,"containerPort":1}]"#,
        #"[{"hostPort":1,"containerPort":65536}]"#, #"[{"hostPort":1,"containerPort":1,"protocol":"icmp"}]"#,
        #"[{"hostPort":1,"containerPort":1,"hostIP":"x"}]"#,
    ])
    func `refuses what is no port mapping`(json: String) {
        #expect(throws: CNIFailure.self) { try mappings(json) }
    }

    @Test func `needs an element for each port and family, and one for the pod's own way round`() throws {
        let addresses = ["10.244.1.3", "fd00::3"].compactMap { IPAddress(parsing: $0) }
        let entries = HostPortTable.entries(
            [PortMapping(.tcp, 8080, to: 80), PortMapping(.udp, 53, to: 53, on: .everyAddressOf(.ipv6))], to: addresses,
            attachment: "cni=n=c=eth0")
        #expect(entries.map(\.set) == ["open4", "own4", "open6", "open6", "own6"])
        #expect(entries.allSatisfy { $0.element.comment == "cni=n=c=eth0" })
        #expect(entries[0].element.key == [6, 0, 0, 0, 0x1f, 0x90, 0, 0])
        #expect(entries[0].element.data == [10, 244, 1, 3, 0, 80, 0, 0])
        let bound = PortMapping(.tcp, 8080, to: 80, on: .address(.v4(IPv4Address(192, 0, 2, 1))))
        let only = HostPortTable.entries([bound], to: addresses, attachment: "a")
        #expect(only.map(\.set) == ["bound4", "own4"])
        #expect(only[0].element.key == [192, 0, 2, 1, 6, 0, 0, 0, 0x1f, 0x90, 0, 0])
        #expect(HostPortTable.entries([], to: addresses, attachment: "a").isEmpty)
    }

    @Test func `masquerades from the ranges, except to them and to what is excepted`() throws {
        let range = try #require(CIDR(parsing: "10.1.0.0/24"))
        let outside = try #require(CIDR(parsing: "10.2.0.0/16"))
        let inside = try #require(CIDR(parsing: "10.1.0.8/32"))
        let last = try #require(CIDR(parsing: "255.255.255.0/24"))
        let entries = HostPortTable.entries(Masquerade(except: [outside, inside, last]), for: [range])
        #expect(
            entries.map { "\($0.set) \($0.element.key) \($0.element.endsInterval)" } == [
                "masquerade4 [10, 1, 0, 0] false", "masquerade4 [10, 1, 1, 0] true", "keep4 [10, 1, 0, 0] false",
                "keep4 [10, 1, 1, 0] true", "keep4 [10, 2, 0, 0] false", "keep4 [10, 3, 0, 0] true",
                "keep4 [255, 255, 255, 0] false",
            ])
    }

    @Test func `stretches that overlap or touch become one`() {
        func stretch(_ first: UInt8, _ after: UInt8?) -> [FirewallElement] {
            [FirewallElement(key: [first])] + (after.map { [FirewallElement(key: [$0], endsInterval: true)] } ?? [])
        }
        #expect(Intervals.union(stretch(4, 8) + stretch(2, 3)) == stretch(2, 3) + stretch(4, 8))
        #expect(Intervals.union(stretch(4, 8) + stretch(5, 6) + stretch(4, 8)) == stretch(4, 8))
        #expect(Intervals.union(stretch(8, 9) + stretch(4, 8)) == stretch(4, 9))
        #expect(Intervals.union(stretch(4, nil) + stretch(6, 8)) == stretch(4, nil))
        #expect(Intervals.union([FirewallElement(key: [0], endsInterval: true)] + stretch(4, 8)) == stretch(4, 8))
        let touching = stretch(4, 8) + stretch(8, 9)
        #expect(Intervals.inOrder(touching.reversed()) == touching)
    }

    @Test func `exceptions may hold the ranges`() throws {
        let range = try #require(CIDR(parsing: "10.1.0.0/24"))
        let cluster = try #require(CIDR(parsing: "10.0.0.0/8"))
        let entries = HostPortTable.entries(Masquerade(except: [cluster]), for: [range])
        #expect(
            entries.map { "\($0.set) \($0.element.key) \($0.element.endsInterval)" } == [
                "masquerade4 [10, 1, 0, 0] false", "masquerade4 [10, 1, 1, 0] true", "keep4 [10, 0, 0, 0] false",
                "keep4 [11, 0, 0, 0] true",
            ])
    }

    @Test func `reads elements as it writes them`() {
        let element = FirewallElement(key: [1, 2, 3, 4], data: [5, 6, 7, 8], comment: "cni=a=b=c", endsInterval: true)
        let message = FirewallMessage.addElements([element, FirewallElement(key: [9])], to: "s", in: "t")
        #expect(FirewallElement.elements(in: message) == [element, FirewallElement(key: [9])])
        #expect(FirewallTable.comment(in: FirewallMessage.addTable("t", comment: "hello")) == "hello")
        #expect(FirewallElement.elements(in: NetlinkMessage(.error, payload: [1])).isEmpty)
    }
}

@Suite struct BandwidthLimitsTests {
    private func limits(_ runtime: String, _ configuration: String = "{}") throws -> BandwidthLimits? {
        try BandwidthLimits(runtime: JSONParser.parse(runtime), configuration: JSONParser.parse(configuration))
    }

    @Test func `reads both directions from the runtime, else from the configuration`() throws {
        let own = #"{"ingressRate":8000,"ingressBurst":80000}"#
        #expect(try limits("null") == nil)
        #expect(try limits("null", own) == BandwidthLimits(ingress: .init(rate: 8000, burst: 80000), egress: nil))
        #expect(
            try limits(#"{"EgressRate":16000,"EgressBurst":4294967295}"#, own)
                == BandwidthLimits(ingress: nil, egress: .init(rate: 16000, burst: 4_294_967_295)))
        #expect(try limits(#"{"ingressRate":0,"ingressBurst":0}"#) == nil)
    }

    @Test(arguments: [
        #"{"ingressRate":8000}"#, #"{"egressBurst":8000}"#, #"{"ingressRate":-8,"ingressBurst":8}"#, #"[]"#,
        #"{"ingressRate":"x","ingressBurst":8}"#, #"{"ingressRate":8,"ingressBurst":34359738368}"#,
        #"{"ingressRate":7,"ingressBurst":8}"#,
    ])
    func `refuses what is no limit`(json: String) { #expect(throws: CNIFailure.self) { try limits(json) } }

    @Test(
        arguments: [
            (8_000_000, 800_000, 1_000_000, 100_000, 125_000),
            (80_000_000_000, 4_294_967_295, 10_000_000_000, 536_870_911, 786_870_911),
        ] as [(UInt64, UInt64, UInt64, UInt32, UInt32)])
    func `lets wait what passes in 25 milliseconds besides the burst`(
        rate: UInt64, burst: UInt64, bytes: UInt64, bucket: UInt32, limit: UInt32
    ) {
        #expect(
            BandwidthLimits.Limit(rate: rate, burst: burst).bucket
                == QueueMessage.TokenBucket(bytesPerSecond: bytes, burst: bucket, limit: limit))
    }
}

@Suite struct PodSysctlTests {
    @Test func `writes dots or slashes, and the interface's name`() throws {
        let settings = try PodSysctl.list(
            ["net.core.somaxconn": "1", "net/ipv4/conf/eth0.5/arp_filter": 2, "net.ipv4.conf.IFNAME.arp_filter": "1"])
        #expect(
            settings.map { $0.path(interface: "net1") } == [
                "net/core/somaxconn", "net/ipv4/conf/eth0.5/arp_filter", "net/ipv4/conf/net1/arp_filter",
            ])
        #expect(settings.map(\.value) == ["1", "2", "1"])
    }

    @Test(arguments: ["kernel.hostname", "net", "net..x", "net/../kernel/x", "net.a/b", "/net/x", ""])
    func `refuses what is not of the pod's network`(key: String) {
        #expect(throws: CNIFailure.self) { try PodSysctl.list(.object(JSONObject([.init(key: key, value: "1")]))) }
    }
}
