import Testing

@testable import ClusterCore

@Suite struct ClusterTrustTests {
    private func certificate(_ text: String) -> String { "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n" }

    @Test func `authorities of all servers are kept, each once`() {
        let first = ClusterTrust(clientCA: certificate("ca"), frontProxyCA: certificate("one")).data(over: [:])
        #expect(first["client-ca-file"] == certificate("ca"))
        let second = ClusterTrust(clientCA: certificate("ca"), frontProxyCA: certificate("two")).data(over: first)
        #expect(second["client-ca-file"] == certificate("ca"))
        #expect(second["requestheader-client-ca-file"] == certificate("one") + certificate("two"))
        #expect(second["requestheader-allowed-names"] == "[\"front-proxy-client\"]")
        var data = second
        for number in 0..<20 {
            data = ClusterTrust(clientCA: certificate("ca"), frontProxyCA: certificate("n\(number)")).data(over: data)
        }
        #expect(data["requestheader-client-ca-file"]?.split(separator: "BEGIN").count == 9)
    }
}
