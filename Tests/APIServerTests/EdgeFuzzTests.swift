import API
import HTTP
import JSON
import Machinery
import Store
import Support
import Testing

@testable import APIServer

/// Broken input from seeds: never a crash, never a hang, never a server's own error.
@Suite struct EdgeFuzzTests {
    @Test(arguments: 0..<40)
    func `paths are read without harm`(seed: Int) {
        var mutator = ByteMutator(seed: UInt64(seed))
        let fragments = [
            "/", "api", "apis", "v1", "apps", "namespaces", "default", "pods", "web", "status", "proxy", "..", "%2f", "", "watch",
            "ü", "\u{0}", "log", "http:web:80", ":", "finalize", " ", "a/b",
        ]
        for _ in 0..<200 {
            let path = mutator.join(fragments, upTo: 12)
            let method = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"].randomElement(using: &mutator.random) ?? "GET"
            let info = RequestInfo(
                method: method, path: path, isWatch: true, fieldSelector: mutator.join(["metadata.name", "=", "a", ","], upTo: 5))
            #expect(!info.isResourceRequest || !info.resource.isEmpty, "seed \(seed): \(path)")
            let proxied = ProxyPath(path)
            #expect(proxied.prefix + proxied.rest == path, "seed \(seed)")
            if let target = ProxyLocation.Target(info.name) { #expect(!target.name.isEmpty, "seed \(seed)") }
        }
    }

    @Test(arguments: 0..<40)
    func `selectors are read or refused`(seed: Int) {
        var mutator = ByteMutator(seed: UInt64(seed))
        let fragments = [
            "a", "b.c/d", "=", "==", "!=", "!", ",", " ", "in", "notin", "(", ")", ">", "<", "1", "-", "\\", "\\,", "\\=", "ü",
            "metadata.name",
            "x y", "\t", "\u{0}",
        ]
        for _ in 0..<200 {
            let text = mutator.join(fragments, upTo: 14)
            if let selector = try? LabelSelector(parsing: text) {
                let again = try? LabelSelector(parsing: selector.description)
                #expect(again == selector, "seed \(seed): \(text)")
            }
            if let selector = try? FieldSelector(parsing: text) { _ = selector.matches { _ in "a" } }
        }
    }

    @Test func `a selector of a megabyte takes no time`() {
        let terms = Array(repeating: "a in (b,c)", count: 90_000).joined(separator: ",")
        #expect((try? LabelSelector(parsing: terms)) != nil)
        #expect((try? LabelSelector(parsing: String(repeating: "(", count: 1_000_000))) == nil)
        #expect((try? FieldSelector(parsing: String(repeating: "a\\", count: 500_000))) == nil)
    }

    @Test(arguments: 0..<20)
    func `continue tokens are read or refused`(seed: Int) {
        var mutator = ByteMutator(seed: UInt64(seed))
        let good = ContinueToken(revision: Revision(77), after: "default/web").text
        for _ in 0..<200 {
            let text = String(decoding: mutator.mutate(Array(good.utf8)), as: UTF8.self)
            guard let token = ContinueToken(text: text) else { continue }
            #expect(!token.after.hasPrefix("/") && !token.after.contains(".."), "seed \(seed): \(text)")
        }
    }

    @Test(arguments: 0..<40)
    func `what is accepted is chosen or refused`(seed: Int) {
        var mutator = ByteMutator(seed: UInt64(seed))
        let fragments = [
            "application", "/", "json", "*", ";", ",", "q=", "0.5", "nan", "as=", "Table", "g=meta.k8s.io", "v=v1",
            "stream=watch", "\"", " ",
            "vnd.kubernetes.protobuf", "=", "-1",
        ]
        for _ in 0..<300 {
            let accept = mutator.join(fragments, upTo: 16)
            do throws(Status) {
                let media = try AcceptNegotiation.media(accept: accept, isWatch: seed % 2 == 0)
                #expect(media.form != .table || media.encoding != .protobuf)
            } catch {
                #expect(error.code == 406, "seed \(seed): \(accept)")
            }
        }
    }

    private static let pod = Array(
        #"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i",
        "ports":[{"containerPort":80}],"resources":{"requests":{"cpu":"1","memory":"1Gi"}},"env":[{"name":"A","value":"\u00fc\n"}]}]}}
        """#.utf8)

    @Test(arguments: 0..<12)
    func `JSON bodies are taken or refused as the client's fault`(seed: Int) async throws {
        let fragments = ["[", "{", "\"", "\\u", "\\ud800", "1e999", "-", "null", "9223372036854775808", "\"spec\":", "true", ","]
        try await post(Self.pod, fragments.map { Array($0.utf8) }, "application/json", seed)
    }

    @Test(arguments: 0..<12)
    func `YAML bodies are taken or refused as the client's fault`(seed: Int) async throws {
        let yaml = """
            apiVersion: v1
            kind: Pod
            metadata: {name: p, labels: &l {a: b}}
            spec:
              containers:
              - name: c
                image: "i"
            """
        let fragments = ["*l", "&l", "<<: ", "!!binary ", "---\n", "- ", "|\n ", "? ", "\t", "{", "[", "%YAML 9\n", "\u{feff}"]
        try await post(Array(yaml.utf8), fragments.map { Array($0.utf8) }, "application/yaml", seed)
    }

    @Test(arguments: 0..<12)
    func `protobuf bodies are taken or refused as the client's fault`(seed: Int) async throws {
        let tree = try JSONParser.parse(Self.pod)
        let bytes = try #require(ProtobufFraming.document(tree))
        let fragments: [[UInt8]] = [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x12, 0],
            [0x6b, 0x38, 0x73, 0],
            [0x0b], [0x0c], [0x08],
        ]
        try await post(bytes, fragments, "application/vnd.kubernetes.protobuf", seed)
    }

    private func post(_ good: [UInt8], _ fragments: [[UInt8]], _ type: String, _ seed: Int) async throws {
        let server = try await ServerFixture.make()
        var mutator = ByteMutator(seed: UInt64(seed))
        for round in 0..<40 {
            let body = mutator.mutate(good, with: fragments)
            let target = "/api/v1/namespaces/default/pods?dryRun=All&fieldValidation=\(round % 2 == 0 ? "Strict" : "Ignore")"
            let answer = Answer(await server.send("POST", target, body: body, headers: ["content-type": type]))
            #expect(
                [201, 400, 409, 415, 422].contains(answer.code), "seed \(seed), round \(round): \(answer.code) \(answer.message)")
            for kind in ["application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json"]
            where type == "application/json" {
                let patched = await server.send(
                    "PATCH", "/api/v1/namespaces/default?dryRun=All", body: body, headers: ["content-type": kind])
                #expect(
                    [200, 400, 409, 415, 422].contains(patched.status), "seed \(seed), round \(round): \(Answer(patched).message)"
                )
            }
        }
    }

    @Test(
        arguments: [
            ("application/json", String(repeating: "[", count: 200_000)),
            ("application/json", String(repeating: #"{"a":"#, count: 200_000)),
            (
                "application/json",
                #"{"metadata":"# + String(repeating: #"{"a":"#, count: 20_000) + String(repeating: "}", count: 20_001)
            ),
            ("application/yaml", String(repeating: "[", count: 20_000)),
            ("application/yaml", (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined()),
            (
                "application/yaml",
                "a: &a [x,x,x,x,x,x,x,x,x]\n"
                    + zip("bcdefgh", "abcdefg").map { name, before in
                        "\(name): &\(name) [\(Array(repeating: "*\(before)", count: 9).joined(separator: ","))]\n"
                    }.joined()
            ), ("application/vnd.kubernetes.protobuf", "k8s\u{0}\u{12}" + String(repeating: "\n", count: 100_000)),
        ])
    func `depth and size end in a refusal`(type: String, text: String) async throws {
        let server = try await ServerFixture.make()
        let answer = Answer(
            await server.send(
                "POST", "/api/v1/namespaces/default/pods", body: Array(text.utf8), headers: ["content-type": type]))
        #expect([400, 413, 422].contains(answer.code), "\(answer.code) \(answer.message.prefix(200))")
    }
}
