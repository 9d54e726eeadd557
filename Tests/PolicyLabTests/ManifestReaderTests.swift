import Testing

@testable import PolicyLab

@Suite struct ManifestReaderTests {
    @Test func `knows the line of every object and field of a stream`() throws {
        let text = """
            # comment
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: a
            spec:
              podSelector: {}
              ingress:
              - from:
                - podSelector: {}
                - namespaceSelector: {}
            """
        let objects = try ManifestReader.read(text, file: "x.yaml").objects
        #expect(objects.map(\.kind) == ["Namespace", "NetworkPolicy"])
        #expect(objects.map(\.place.description) == ["x.yaml:2", "x.yaml:6"])
        #expect(objects[1].place(of: "spec.ingress[0].from[1]").line == 15)
        #expect(objects[1].place(of: "spec.ingress[0].ports").line == 13)
        #expect(objects[1].place(of: "spec.egress").line == 10)
    }

    @Test func `takes lists apart`() throws {
        let text = """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Pod
              metadata: {name: a}
            - apiVersion: v1
              kind: Pod
              metadata: {name: b}
            """
        let objects = try ManifestReader.read(text, file: "-").objects
        #expect(objects.map(\.name) == ["a", "b"])
        #expect(objects.map(\.place.line) == [4, 7])
    }

    @Test func `says where a text is no YAML, and when it is a template`() {
        #expect(
            throws: InputRefusal(
                "did not find expected ',' or '}' (looks like a template: give the output of helm template)",
                at: SourcePlace(file: "t.yaml", line: 3))
        ) {
            try ManifestReader.read("kind: Pod\nmetadata: {{ .Values.x }\n", file: "t.yaml")
        }
    }

    @Test func `says when a tab is in the way`() {
        let message = "found character that cannot start any token (a tab: YAML is indented with spaces)"
        #expect(throws: InputRefusal(message, at: SourcePlace(file: "t.yaml", line: 2))) {
            try ManifestReader.read("metadata:\n\tname: a\n", file: "t.yaml")
        }
    }

    @Test func `reads files as other systems write them`() throws {
        let text = "\u{FEFF}# a\r\napiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n---\r\n---\r\n# nothing\r\n"
        let result = try ManifestReader.read(text, file: "f")
        #expect(result.objects.map(\.name) == ["a"] && result.objects.map(\.place.line) == [2])
        #expect(result.others.isEmpty)
    }

    @Test func `counts documents that are no objects`() throws {
        let result = try ManifestReader.read("a: 1\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: a}\n", file: "f")
        #expect(result.objects.count == 1)
        #expect(result.others == [SourcePlace(file: "f", line: 1)])
    }
}
