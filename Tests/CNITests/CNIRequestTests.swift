import JSON
import NetworkTypes
import Testing

@testable import CNI
@testable import Netlink

@Suite struct CNIRequestTests {
    static let environment = [
        "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": "/run/netns/a", "CNI_IFNAME": "eth0",
        "CNI_PATH": "/opt/cni/bin",
    ]
    static let configuration = #"{"cniVersion":"1.1.0","name":"skiff","type":"skiff-cni","podCIDRs":["10.244.1.0/24"]}"#

    static func request(_ changes: [String: String] = [:], _ configuration: String = configuration) throws(CNIFailure)
        -> CNIRequest
    {
        try CNIRequest(environment: environment.merging(changes) { $1 }) { () throws(CNIFailure) in Array(configuration.utf8) }
    }

    private func code(_ changes: [String: String], _ configuration: String = configuration) -> CNIFailure.Code? {
        do throws(CNIFailure) { _ = try Self.request(changes, configuration) } catch { return error.code }
        return nil
    }

    @Test(arguments: ["a", "0", "A_b.c-d", String(repeating: "f", count: 64)])
    func `takes container ids of the specification`(id: String) { #expect(code(["CNI_CONTAINERID": id]) == nil) }

    @Test(arguments: ["../x", "-a", ".a", "_a", "a/b", "a b", "ä"])
    func `refuses other container ids`(id: String) { #expect(code(["CNI_CONTAINERID": id]) == .invalidEnvironment) }

    @Test(arguments: ["eth0", "a", "abcdefghijklmno"])
    func `takes interface names of Linux`(name: String) { #expect(code(["CNI_IFNAME": name]) == nil) }

    @Test(arguments: ["abcdefghijklmnop", ".", "..", "a/b", "a:b", "a b", "a\tb"])
    func `refuses other interface names`(name: String) { #expect(code(["CNI_IFNAME": name]) == .invalidEnvironment) }

    @Test func `does not read standard input before the environment is right`() {
        #expect(throws: CNIFailure.self) {
            try CNIRequest(environment: ["CNI_COMMAND": "ADD"]) { () throws(CNIFailure) in
                Issue.record("read")
                return []
            }
        }
    }

    @Test func `finds runtimeConfig whatever the case of its keys`() throws {
        for keys in [("ips", "mac"), ("Ips", "Mac"), ("IPS", "MAC")] {
            let request = try Self.request(
                [:],
                """
                {"cniVersion":"1.0.0","name":"n","podCIDRs":["10.244.1.0/24"],
                 "runtimeConfig":{"\(keys.0)":["10.244.1.9/24"],"\(keys.1)":"02:00:00:00:00:09"}}
                """)
            #expect(request.configuration.requestedAddresses == [.v4(IPv4Address(10, 244, 1, 9))])
            #expect(request.configuration.requestedMAC == MACAddress(0x0200_0000_0009))
        }
    }

    @Test func `takes what containerd adds and what it does not know`() throws {
        let request = try Self.request(
            ["CNI_ARGS": "K8S_POD_UID=u;IgnoreUnknown=1;K8S_POD_NAME=p;X=y;IP=10.244.1.7"],
            """
            {"capabilities":{"portMappings":true},"cniVersion":"1.0.0","name":"n","type":"skiff-cni","unknown":[1],
             "podCIDRs":["10.244.1.0/24"],"prevResult":{"dns":{},"ips":[]},"name":"last",
             "runtimeConfig":{"portMappings":[{"HostPort":8080,"ContainerPort":80}],"dns":{"Servers":["10.96.0.10"]}}}
            """)
        #expect(request.configuration.name == "last")
        #expect(request.arguments.addresses == [.v4(IPv4Address(10, 244, 1, 7))])
        #expect(request.arguments.others["K8S_POD_NAME"] == "p")
    }

    @Test(arguments: ["X=y", "X=y;IgnoreUnknown=0", "IP=300.1.1.1", "IgnoreUnknown=maybe", "novalue;IgnoreUnknown=1", "=x"])
    func `refuses arguments that mean nothing`(arguments: String) { #expect(code(["CNI_ARGS": arguments]) == .failed) }

    @Test func `takes a MAC address and the pod's name`() throws {
        let request = try Self.request([
            "CNI_ARGS": "MAC=02:00:00:00:00:09;K8S_POD_NAME=web-1;K8S_POD_NAMESPACE=default;K8S_POD_INFRA_CONTAINER_ID=x"
        ])
        #expect(request.arguments.mac == MACAddress(0x0200_0000_0009))
        #expect(request.arguments.pod == "default/web-1")
        #expect(code(["CNI_ARGS": "MAC=01:00:00:00:00:09"]) == .invalidConfiguration)
    }

    @Test func `deletes whatever the arguments are`() { #expect(code(["CNI_COMMAND": "DEL", "CNI_ARGS": "x"]) == nil) }

    @Test(arguments: [
        (#""podCIDRs":"10.0.0.0/24""#, CNIFailure.Code.notDecodable), (#""podCIDRs":["10.0.0.0"]"#, .invalidConfiguration),
        (#""podCIDRs":["10.0.0.0/24","10.0.0.128/25"]"#, .invalidConfiguration), (#""mtu":"x""#, .notDecodable),
        (#""mtu":9"#, .invalidConfiguration),
        (#""ranges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.1.1"}]]"#, .invalidConfiguration),
        (#""ranges":[{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.9","rangeEnd":"10.0.0.3"}]"#, .invalidConfiguration),
        (#""runtimeConfig":{"mac":"01:00:00:00:00:00"}"#, .invalidConfiguration),
    ])
    func `refuses a configuration that cannot be meant`(member: String, code: CNIFailure.Code) {
        #expect(self.code([:], #"{"cniVersion":"1.0.0","name":"n",\#(member)}"#) == code)
    }

    @Test func `reads ranges as the reference plugins write them`() throws {
        let request = try Self.request(
            [:],
            """
            {"cniVersion":"1.0.0","name":"n","ranges":[[{"subnet":"10.1.0.0/24","rangeStart":"10.1.0.20","rangeEnd":"10.1.0.29",
             "gateway":"10.1.0.1"}],[{"subnet":"fd00::/64"}]]}
            """)
        let pool = request.configuration.pool
        #expect(pool.count == 10)
        #expect(pool.addresses(of: 9).map(\.description) == ["10.1.0.29", "fd00::a"])
    }

    @Test func `tells no list of valid attachments from an empty one, and takes the older key`() throws {
        func valid(_ member: String) throws -> [NetworkConfiguration.Attachment]? {
            try Self.request(["CNI_COMMAND": "GC"], #"{"cniVersion":"1.1.0","name":"n"\#(member)}"#).configuration
                .validAttachments
        }
        #expect(try valid("") == nil)
        #expect(try valid(#","cni.dev/valid-attachments":null"#) == nil)
        #expect(try valid(#","cni.dev/valid-attachments":[]"#) == [])
        let one = [NetworkConfiguration.Attachment(containerID: "c", interfaceName: "eth0")]
        #expect(try valid(#","cni.dev/valid-attachments":[{"containerID":"c","ifname":"eth0"}]"#) == one)
        #expect(try valid(#","cni.dev/attachments":[{"containerID":"c","ifname":"eth0"}]"#) == one)
    }

    @Test func `collects only this network's attachments that are not valid`() {
        func link(_ index: Int32, _ names: String...) -> LinkMessage {
            var link = LinkMessage(index: InterfaceIndex(rawValue: index))
            link.alternativeNames = names
            return link
        }
        let links = [
            link(1), link(2, "cni=skiff=keep=eth0"), link(3, "cni=skiff=gone=eth0"), link(4, "cni=other=gone=eth0"),
            link(5, "cni=skiff=keep=eth1"), link(6, "enp0s3"),
            link(7, "shape=skiff=gone=eth0"), link(8, "shape=skiff=keep=eth0"), link(9, "last=skiff=10.244.1.3"),
        ]
        let valid = [NetworkConfiguration.Attachment(containerID: "keep", interfaceName: "eth0")]
        let keep = GarbageCollect.names(valid, network: "skiff")
        #expect(GarbageCollect.stale(links, network: "skiff", keep: keep).map(\.rawValue) == [3, 5, 7])
        #expect(GarbageCollect.stale(links, network: "skiff", keep: []).map(\.rawValue) == [2, 3, 5, 7, 8])
    }
}
