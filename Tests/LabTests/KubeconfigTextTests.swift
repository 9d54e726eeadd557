import JSON
import Lab
import Testing

@Suite struct KubeconfigTextTests {
    private let ours = KubeconfigText.json(
        server: "https://127.0.0.1:6443", name: "skiff", certificateAuthority: "CA", clientCertificate: "CERT", clientKey: "KEY")

    @Test func `prints the file that kubectl reads`() {
        #expect(
            KubeconfigText.yaml(ours) == """
                apiVersion: v1
                kind: Config
                clusters:
                - name: skiff
                  cluster:
                    server: https://127.0.0.1:6443
                    certificate-authority-data: Q0E=
                users:
                - name: skiff
                  user:
                    client-certificate-data: Q0VSVA==
                    client-key-data: S0VZ
                contexts:
                - name: skiff
                  context:
                    cluster: skiff
                    user: skiff
                current-context: skiff
                preferences: {}

                """)
    }

    @Test func `merging keeps other contexts and the current one`() {
        let existing: JSONValue = [
            "apiVersion": "v1", "kind": "Config", "current-context": "work",
            "clusters": [
                ["name": "work", "cluster": ["server": "https://work"]], ["name": "skiff", "cluster": ["server": "old"]],
            ],
            "contexts": [["name": "work", "context": ["cluster": "work", "user": "me"]]],
            "users": [["name": "me", "user": ["token": "123"]]],
        ]
        let merged = KubeconfigText.merge(ours, into: existing, select: false)
        #expect(merged["current-context"] == "work")
        #expect(merged["clusters"]?.array?.count == 2)
        #expect(merged["clusters"]?[1]?["cluster"]?["server"] == "https://127.0.0.1:6443")
        #expect(merged["users"]?.array?.map { $0["name"]?.string } == ["me", "skiff"])
        #expect(KubeconfigText.merge(ours, into: merged, select: false) == merged)
        let removed = KubeconfigText.remove("skiff", from: merged)
        #expect(removed["users"] == existing["users"])
        #expect(removed["contexts"] == existing["contexts"])
    }

    @Test func `merging into nothing selects the new context`() {
        let merged = KubeconfigText.merge(ours, into: [:], select: false)
        #expect(merged["current-context"] == "skiff")
        #expect(merged["clusters"] == ours["clusters"])
    }

    @Test(arguments: ["yes", "1.0", "", "a: b", "- x", "null", "#no", "trailing:"])
    func `a text that YAML would take for something else is quoted`(text: String) {
        #expect(KubeconfigText.yaml(["k": .string(text)]) == "k: \(JSONWriter.text(.string(text)))\n")
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `base64 agrees with RFC 4648`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
    }
}
