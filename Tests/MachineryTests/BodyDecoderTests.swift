import API
import JSON
import Testing

@testable import Machinery

@Suite struct BodyDecoderTests {
    static let deployment = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
    static let pod = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    let decoder = BodyDecoder(parseYAML: { bytes in YAMLBody(tree: try JSONParser.parse(bytes)) })

    private func decode(
        _ text: String, _ contentType: String? = nil, as kind: GroupVersionKind = deployment,
        _ validation: FieldValidation = .strict
    ) throws(Status) -> BodyDecoder.Decoded {
        try decoder.decode(Array(text.utf8), contentType: contentType, expecting: kind, fieldValidation: validation)
    }

    private func refusal(_ text: String, _ contentType: String? = nil, as kind: GroupVersionKind = deployment) -> Status? {
        do throws(Status) {
            _ = try decode(text, contentType, as: kind)
            return nil
        } catch {
            return error
        }
    }

    static let head = "\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\""

    @Test func `names unknown and repeated fields as upstream`() {
        let body = "{\(Self.head),\"spec\":{\"unknownField\":\"x\",\"replicas\":1,\"replicas\":2}}"
        let status = refusal(body)
        #expect(status?.code == 400)
        #expect(status?.reason == "BadRequest")
        #expect(
            status?.message
                == "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field "
                + "\"spec.unknownField\", duplicate field \"spec.replicas\"")
    }

    @Test func `names places inside lists and maps`() {
        let body = """
            {\(Self.head),"metadata":{"labels":{"a":"1","a":"2"}},"spec":{"template":{"spec":{"containers":[
            {"name":"a","foo":1,"imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}}}
            """
        #expect(
            refusal(body)?.message.hasSuffix(
                "strict decoding error: duplicate field \"metadata.labels.a\", unknown field "
                    + "\"spec.template.spec.containers[0].foo\", duplicate field \"spec.template.spec.containers[0].imagePullPolicy\""
            )
                == true)
    }

    @Test func `warns or keeps quiet when asked to`() throws {
        let body = "{\(Self.head),\"spec\":{\"foo\":1}}"
        let warned = try decode(body, nil, as: Self.deployment, .warn)
        #expect(warned.warnings == ["unknown field \"spec.foo\""])
        #expect(warned.object["spec"]?["foo"] == nil)
        #expect(try decode(body, nil, as: Self.deployment, .ignore).warnings == [])
    }

    static let typeErrors: [(String, String)] = [
        (
            "{\(head),\"spec\":{\"replicas\":\"x\"}}",
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            "{\(head),\"spec\":{\"replicas\":1.5}}",
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            "{\(head),\"spec\":{\"replicas\":3000000000}}",
            "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            "{\(head),\"metadata\":{\"labels\":{\"a\":1}}}",
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
        ),
        (
            "{\(head),\"spec\":{\"template\":{\"spec\":{\"containers\":{}}}}}",
            "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"
        ),
        (
            "{\(head),\"spec\":[]}", "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec"
        ),
        (
            "{\(head),\"metadata\":{\"creationTimestamp\":\"soon\"}}",
            "parsing time \"soon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"soon\" as \"2006\""
        ),
        (
            "{\(head),\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"lots\"}}}]}}}}",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
    ]

    @Test(arguments: typeErrors)
    func `words type errors as Go`(body: String, message: String) {
        #expect(refusal(body)?.message == "Deployment in version \"v1\" cannot be handled as a Deployment: " + message)
    }

    @Test func `refuses other kinds and versions`() {
        #expect(
            refusal("{\"apiVersion\":\"apps/v1beta1\",\"kind\":\"Deployment\"}")?.message
                == "Deployment in version \"v1beta1\" cannot be handled as a Deployment: no kind \"Deployment\" is registered for version "
                + "\"apps/v1beta1\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"")
        #expect(
            refusal("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}")?.message
                == "the API version in the data (v1) does not match the expected API version (apps/v1)")
        #expect(
            refusal("{\"apiVersion\":\"v1\",\"kind\":\"Service\"}", as: Self.pod)?.message
                == "Service in version \"v1\" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): unknown conversion"
        )
    }

    @Test func `refuses what is no object`() {
        #expect(
            refusal("")?.message
                == "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: "
                + "unexpected end of JSON input (<empty>)")
        #expect(refusal("[]")?.code == 400)
        #expect(refusal("{\"kind\":5}")?.code == 400)
        #expect(refusal("{\"a\":")?.message.hasSuffix("({\"a\":)") == true)
        #expect(refusal("{}", "text/html")?.code == 415)
        #expect(
            refusal("{}", "text/html")?.message
                == "the body of the request was in an unknown format - accepted media types include: application/json, "
                + "application/yaml, application/vnd.kubernetes.protobuf")
    }

    @Test func `refuses objects nested too deep`() {
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(refusal("{\(Self.head),\"metadata\":{\"x\":\(deep)}}")?.message.hasSuffix("exceeded max depth of 256") == true)
        let deeper = String(repeating: "[", count: 100_000)
        #expect(refusal(deeper)?.code == 400)
    }

    /// Seconds at the most, unless the work grows with the square of the keys.
    @Test(.timeLimit(.minutes(5))) func `judges a body of many keys`() throws {
        let labels = (0..<300_000).map { "\"k\($0)\":\"v\"" }.joined(separator: ",")
        #expect(refusal("{\(Self.head),\"metadata\":{\"labels\":{\(labels),\(labels)}}}") != nil)
        let labelled = try JSONParser.parse("{\"metadata\":{\"labels\":{\(labels)}}}")
        #expect(MergePatch.apply(labelled, to: labelled) == labelled)
    }

    @Test func `takes a body without kind as the kind of the path`() throws {
        let decoded = try decode("{\"metadata\":{\"name\":\"x\"}}", "application/json; charset=utf-8")
        #expect(decoded.object["kind"] == "Deployment")
        #expect(decoded.object["apiVersion"] == "apps/v1")
        #expect(try decode("{\"metadata\":{\"name\":\"x\"}}", "application/yaml").object["kind"] == "Deployment")
    }

    @Test func `writes what Go would write`() throws {
        let body = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{},"finalizers":[]},"spec":{"hostNetwork":false,
            "terminationGracePeriodSeconds":0,"automountServiceAccountToken":false,"nodeName":"","volumes":null,
            "containers":[{"name":"a","stdin":false,"resources":{"limits":{"cpu":"1000m","memory":1024}},
            "securityContext":{"runAsUser":0,"privileged":false}}]}}
            """
        let decoded = try decode(body, nil, as: Self.pod)
        #expect(
            decoded.object == [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "x"],
                "spec": [
                    "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false,
                    "containers": [
                        [
                            "name": "a", "resources": ["limits": ["cpu": "1", "memory": "1024"]],
                            "securityContext": ["runAsUser": 0, "privileged": false],
                        ]
                    ],
                ], "status": [:],
            ])
    }

    @Test func `reads delete options of any version and form`() throws {
        #expect(try decoder.decodeDeleteOptions([], contentType: nil)["kind"] == "DeleteOptions")
        let json = Array("{\"kind\":\"DeleteOptions\",\"apiVersion\":\"apps/v1\",\"gracePeriodSeconds\":0}".utf8)
        #expect(try decoder.decodeDeleteOptions(json, contentType: nil)["gracePeriodSeconds"] == 0)
        let plain = Array("{\"propagationPolicy\":\"Background\"}".utf8)
        #expect(try decoder.decodeDeleteOptions(plain, contentType: "application/json")["propagationPolicy"] == "Background")
        let wire = ProtobufTests.bytes("6b3873000a130a02763112" + "0d44656c6574654f7074696f6e73" + "12020800" + "1a002200")
        let decoded = try decoder.decodeDeleteOptions(wire, contentType: ProtobufCodec.mediaType)
        #expect(decoded["gracePeriodSeconds"] == 0)
    }
}
