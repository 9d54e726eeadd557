import JSON
import NetworkTypes
import Testing

@testable import CNI

@Suite struct CNIResultTests {
    let result = PodNetworkPlan(
        addresses: ["10.244.1.3", "fd00::3"].compactMap { IPAddress(parsing: $0) }, interface: "eth0",
        attachment: "cni=skiff=c1=eth0", mtu: 1450, options: .init(requestedMAC: MACAddress(0x0200_0000_0001))
    ).result(sandbox: "/run/netns/a", linkMTU: 1450)

    @Test(arguments: [CNIVersion.v010, .v020])
    func `has one address per family before 0.3.0`(version: CNIVersion) {
        #expect(
            JSONWriter.text(result.json(version)) == """
                {"cniVersion":"\(version.rawValue)",\
                "ip4":{"ip":"10.244.1.3/32","gateway":"169.254.1.1","routes":[{"dst":"0.0.0.0/0","gw":"169.254.1.1"}]},\
                "ip6":{"ip":"fd00::3/128","gateway":"fe80::1","routes":[{"dst":"::/0","gw":"fe80::1"}]},"dns":{}}
                """)
    }

    @Test(arguments: CNIVersion.allCases.filter { $0 >= .v030 })
    func `has the fields of its version`(version: CNIVersion) {
        let four = version < .v100 ? #""version":"4","# : ""
        let six = version < .v100 ? #""version":"6","# : ""
        let mtu = version >= .v110 ? #""mtu":1450,"# : ""
        let lastMTU = version >= .v110 ? #","mtu":1450"# : ""
        #expect(
            JSONWriter.text(result.json(version)) == """
                {"cniVersion":"\(version.rawValue)","interfaces":[{"name":"sk0af40103","mac":"ee:ee:ee:ee:ee:ee"\(lastMTU)},\
                {"name":"eth0","mac":"02:00:00:00:00:01",\(mtu)"sandbox":"/run/netns/a"}],\
                "ips":[{\(four)"address":"10.244.1.3/32","gateway":"169.254.1.1","interface":1},\
                {\(six)"address":"fd00::3/128","gateway":"fe80::1","interface":1}],\
                "routes":[{"dst":"0.0.0.0/0","gw":"169.254.1.1"},{"dst":"::/0","gw":"fe80::1"}],"dns":{}}
                """)
    }

    @Test func `continues the result of the plugin before it`() {
        let before: JSONValue = [
            "interfaces": [["name": "net1"]], "ips": [["address": "192.0.2.1/24", "interface": 0]],
            "routes": [["dst": "198.51.100.0/24"]], "dns": ["nameservers": ["192.0.2.53"]],
        ]
        let value = result.json(.v100, after: before)
        #expect(value["interfaces"]?.array?.compactMap { $0["name"]?.string } == ["net1", "sk0af40103", "eth0"])
        #expect(value["ips"]?.array?.compactMap { $0["interface"]?.int } == [0, 2, 2])
        #expect(value["routes"]?.array?.count == 3)
        #expect(value["dns"] == before["dns"])
    }

    @Test(arguments: [
        ("", "{}"), (#","dns":{"nameservers":["192.0.2.1"],"domain":"d"}"#, #"{"nameservers":["192.0.2.1"],"domain":"d"}"#),
        (
            #","dns":{"nameservers":["192.0.2.1"]},"runtimeConfig":{"dns":{"Servers":["10.96.0.10"],"searches":["a","b"]}}"#,
            #"{"nameservers":["10.96.0.10"],"search":["a","b"]}"#
        ),
    ])
    func `says about names what the runtime says, else the configuration`(members: String, expected: String) throws {
        var value = result
        value.dns = try NetworkConfiguration(parsing: Array(#"{"name":"n"\#(members)}"#.utf8)).dns
        #expect(value.json(.v110)["dns"].map { JSONWriter.text($0) } == expected)
    }

    @Test func `reads back what it wrote`() {
        var expected = result
        expected.dns = [:]
        #expect(CNIResult(json: result.json(.v110)) == expected)
    }
}
