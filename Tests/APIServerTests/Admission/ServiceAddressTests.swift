import API
import JSON
import NetworkTypes
import Testing

@testable import APIServer

@Suite struct ServiceAddressTests {
    private let services = "/api/v1/namespaces/default/services"
    private let addresses = "/apis/networking.k8s.io/v1/ipaddresses"
    private let ranges = "/apis/networking.k8s.io/v1/servicecidrs"

    private func service(_ name: String, _ spec: JSONValue = [:]) -> JSONValue {
        var spec = spec
        spec["ports"] = [["port": 80]]
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    private func addRange(_ name: String, _ cidrs: [String], _ server: ServerFixture) async {
        let created = await server.post(ranges, ["metadata": ["name": .string(name)], "spec": ["cidrs": JSONValue(cidrs)]])
        #expect(created.code == 201, "\(created.message)")
        let ready: JSONValue = [
            "type": "Ready", "status": "True", "reason": "", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
        ]
        let marked = await server.patch("\(ranges)/\(name)/status", ["status": ["conditions": [ready]]])
        #expect(marked.code == 200, "\(marked.message)")
    }

    @Test func `the address of a service is an object that comes and goes with it`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(services, service("a"))
        let address = created.json["spec"]?["clusterIP"]?.string ?? ""
        let held = await server.get("\(addresses)/\(address)")
        #expect(held.code == 200, "\(created.message)")
        #expect(
            held.json["spec"]?["parentRef"]
                == ["resource": "services", "namespace": "default", "name": "a"])
        #expect(
            held.json["metadata"]?["labels"]
                == ["ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io", "ipaddress.kubernetes.io/ip-family": "IPv4"])
        _ = await server.delete("\(services)/a")
        #expect(await server.get("\(addresses)/\(address)").code == 404)
    }

    @Test func `an address that another server handed out is not handed out again`() async throws {
        let server = try await ServerFixture.make()
        let first = await server.post(services, service("a"))
        let text = first.json["spec"]?["clusterIP"]?.string ?? ""
        let range = try #require(CIDR(parsing: "10.96.0.0/16"))
        let taken = try #require(IPAddress(parsing: text).flatMap { range.offset(of: $0) }.flatMap { range.address(at: $0 + 1) })
        let foreign = await server.post(
            addresses,
            [
                "metadata": ["name": .string(taken.description)],
                "spec": ["parentRef": ["resource": "services", "namespace": "other", "name": "b"]],
            ])
        #expect(foreign.code == 201, "\(foreign.message)")
        let second = await server.post(services, service("c"))
        #expect(second.code == 201, "\(second.message)")
        #expect(second.json["spec"]?["clusterIP"]?.string != taken.description)
        let asked = await server.post(services, service("d", ["clusterIP": .string(taken.description)]))
        #expect(asked.code == 422 && asked.message.contains("provided IP is already allocated"))
    }

    @Test func `a refused or dry create leaves no address behind`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(
            "/api/v1/namespaces/default/resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": ["services": "0"]]])
        _ = await server.patch(
            "/api/v1/namespaces/default/resourcequotas/q/status",
            ["status": ["hard": ["services": "0"], "used": ["services": "0"]]])
        #expect(await server.post(services, service("a")).code == 403)
        #expect(await server.post("\(services)?dryRun=All", service("a")).code == 403)
        #expect(await server.get(addresses).names == [])
    }

    @Test func `further ranges can be used once they are ready`() async throws {
        let server = try await ServerFixture.make()
        let outside = await server.post(services, service("a", ["clusterIP": "203.0.113.10"]))
        #expect(outside.code == 422 && outside.message.contains("The range of valid IPs is 10.96.0.0/16"))
        await addRange("more", ["203.0.113.0/24"], server)
        let inside = await server.post(services, service("a", ["clusterIP": "203.0.113.10"]))
        #expect(inside.code == 201, "\(inside.message)")
        let again = await server.post(services, service("b", ["clusterIP": "203.0.113.10"]))
        #expect(again.message.contains("provided IP is already allocated"))
    }

    @Test func `with ranges of both families services may have both`() async throws {
        let server = try await ServerFixture.make()
        let early = await server.post(services, service("r", ["ipFamilyPolicy": "RequireDualStack"]))
        #expect(early.code == 422 && early.message.contains("this cluster is not configured for dual-stack services"))
        let preferred = await server.post(services, service("p", ["ipFamilyPolicy": "PreferDualStack"]))
        #expect(preferred.json["spec"]?["ipFamilies"] == ["IPv4"])
        await addRange("six", ["fd00:96::/112"], server)
        let both = await server.post(services, service("b", ["ipFamilyPolicy": "RequireDualStack"]))
        #expect(both.json["spec"]?["ipFamilies"] == ["IPv4", "IPv6"], "\(both.message)")
        #expect(both.json["spec"]?["clusterIPs"]?.array?.count == 2)
        #expect(both.json["spec"]?["clusterIPs"]?[1]?.string?.hasPrefix("fd00:96::") == true)
        let six = await server.post(services, service("s", ["ipFamilies": ["IPv6"]]))
        #expect(six.json["spec"]?["clusterIP"]?.string?.hasPrefix("fd00:96::") == true, "\(six.message)")
        #expect(six.json["spec"]?["ipFamilyPolicy"] == "SingleStack")
        let plain = await server.post(services, service("n"))
        #expect(plain.json["spec"]?["ipFamilies"] == ["IPv4"] && plain.json["spec"]?["ipFamilyPolicy"] == "SingleStack")
    }
}
