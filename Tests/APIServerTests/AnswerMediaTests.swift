import API
import CZlib
import HTTP
import JSON
import Machinery
import Testing

@testable import APIServer

@Suite struct AnswerMediaTests {
    private static let protobuf = "application/vnd.kubernetes.protobuf"

    @Test(
        arguments: [
            ("", AnswerMedia()), ("*/*", AnswerMedia()), ("application/json", AnswerMedia()),
            ("application/*", AnswerMedia()), (protobuf, AnswerMedia(encoding: .protobuf)),
            ("\(protobuf),application/json", AnswerMedia(encoding: .protobuf)),
            ("application/json;q=0.5, \(protobuf)", AnswerMedia(encoding: .protobuf)),
            ("*/*, application/yaml", AnswerMedia(encoding: .yaml)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", AnswerMedia()),
            ("application/json;pretty=1", AnswerMedia(isPretty: true)),
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", AnswerMedia(form: .table)),
            ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", AnswerMedia(form: .table, version: "v1beta1")),
            // A table has no protobuf form: the next range counts.
            (
                "\(protobuf);as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io",
                AnswerMedia(form: .table)
            ),
            (
                "\(protobuf);as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                AnswerMedia(encoding: .protobuf, form: .metadata, isMetadataList: true)
            ),
            ("application/json;as=Unknown;v=v1;g=meta.k8s.io,application/json", AnswerMedia()),
        ])
    func `the first range that can be met decides`(accept: String, expected: AnswerMedia) throws {
        #expect(try AcceptNegotiation.media(accept: accept) == expected)
    }

    @Test(arguments: ["text/plain", "application/json;as=Table;v=v2;g=meta.k8s.io", "application/cbor", ";", "/"])
    func `what cannot be met is refused with the types that can`(accept: String) throws {
        let refusal = #expect(throws: Status.self) { _ = try AcceptNegotiation.media(accept: accept) }
        #expect(refusal?.code == 406 && refusal?.reason == "NotAcceptable")
        #expect(
            refusal?.message
                == "only the following media types are accepted: application/json, application/yaml, \(Self.protobuf)")
    }

    @Test func `kinds without protobuf offer their metadata in it`() throws {
        let refusal = #expect(throws: Status.self) {
            _ = try AcceptNegotiation.media(accept: Self.protobuf, hasProtobuf: false)
        }
        #expect(refusal?.message == "only the following media types are accepted: application/json, application/yaml")
        let media = try AcceptNegotiation.media(
            accept: "\(Self.protobuf);as=PartialObjectMetadata;g=meta.k8s.io;v=v1", hasProtobuf: false)
        #expect(media.encoding == .protobuf && media.form == .metadata)
    }

    @Test func `a watch needs an encoding with a stream form`() throws {
        #expect(try AcceptNegotiation.media(accept: "\(Self.protobuf);stream=watch", isWatch: true).encoding == .protobuf)
        #expect(try AcceptNegotiation.media(accept: "application/json;stream=watch", isWatch: true).encoding == .json)
        let refusal = #expect(throws: Status.self) {
            _ = try AcceptNegotiation.media(accept: "application/yaml", isWatch: true)
        }
        #expect(
            refusal?.message
                == "only the following media types are accepted: application/json;stream=watch, \(Self.protobuf);stream=watch")
    }

    @Test func `a review cannot be a table`() async throws {
        let server = try await ServerFixture.make()
        let response = await server.send(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body: Array(#"{"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}}"#.utf8),
            headers: ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io", "content-type": "application/json"])
        #expect(Answer(response).code == 406)
        #expect(Answer(response).reason == "NotAcceptable")
    }

    @Test func `metadata of a list and of an object are asked for by their names`() async throws {
        let server = try await ServerFixture.make()
        let one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
        let many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        let paths = ["/api/v1/namespaces", "/api/v1/namespaces/default"]
        var codes: [Int] = []
        for path in paths {
            for accept in [one, many] { codes.append(await server.send("GET", path, headers: ["accept": accept]).status) }
        }
        #expect(codes == [406, 200, 200, 406])
    }

    @Test func `a table's rows carry what was asked for, or the question is refused`() async throws {
        let server = try await ServerFixture.make()
        let accept: HTTPHeaders = ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io"]
        let full = Answer(await server.send("GET", "/api/v1/namespaces/default?includeObject=Object", headers: accept))
        #expect(full.json["rows"]?.array?.first?["object"]?["kind"] == "Namespace")
        let wrong = Answer(await server.send("GET", "/api/v1/namespaces/default?includeObject=All", headers: accept))
        #expect(wrong.code == 400)
        #expect(
            wrong.message == #"includeObject: Invalid value: "All": must be 'Metadata', 'Object', 'None', or empty"#)
    }

    @Test func `people are answered in lines`() async throws {
        let server = try await ServerFixture.make()
        let response = await server.send("GET", "/api/v1/namespaces/default", headers: ["user-agent": "curl/8.0"])
        guard case .bytes(let bytes) = response.body else { throw ServerFixture.FixtureError() }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("{\n  \"kind\": \"Namespace\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {\n    "))
        let plain = Answer(
            await server.send("GET", "/api/v1/namespaces/default?pretty=false", headers: ["user-agent": "curl/8.0"]))
        #expect(Answer(response).json == plain.json)
    }

    @Test(arguments: ["{}", "[]", #"{"a":[],"b":{"c":"{,}\"["},"d":[1,2]}"#, "]]]}}}", #"{"open":"#])
    func `lines change nothing but space, whatever stands there`(text: String) {
        let lines = PrettyJSON.indent(Array(text.utf8))
        #expect((try? JSONParser.parse(lines)) == (try? JSONParser.parse(Array(text.utf8))))
        var isInString = false
        let compact = String(decoding: lines, as: UTF8.self).filter { character in
            if character == "\"" { isInString.toggle() }
            return isInString || !character.isWhitespace
        }
        if !text.contains("\\") { #expect(compact == text) }
    }

    @Test func `large answers are compressed for those who ask`() async throws {
        let server = try await ServerFixture.make()
        for number in 0..<40 {
            let data = String(repeating: "value \(number) ", count: 600)
            _ = await server.post(
                "/api/v1/namespaces/default/configmaps",
                ["metadata": ["name": .string("map-\(number)")], "data": ["x": .string(data)]])
        }
        let plain = await server.send("GET", "/api/v1/namespaces/default/configmaps")
        let packed = await server.send(
            "GET", "/api/v1/namespaces/default/configmaps", headers: ["accept-encoding": "deflate, gzip"])
        #expect(plain.headers["content-encoding"] == nil)
        #expect(packed.headers["content-encoding"] == "gzip" && packed.headers["vary"] == "Accept-Encoding")
        let bytes = try await ByteCollector.collect(packed)
        #expect(bytes.count < 100_000)
        #expect(try JSONParser.parse(try gunzip(bytes)) == Answer(plain).json)
        let small = await server.send("GET", "/api/v1/namespaces/default", headers: ["accept-encoding": "gzip"])
        #expect(small.headers["content-encoding"] == nil)
    }

    private struct NotGzip: Error {}

    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw NotGzip() }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var source = bytes
        // SAFETY: zlib reads `source` and writes `piece` only within these calls.
        let status = source.withUnsafeMutableBufferPointer { input -> Int32 in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            var status = Z_OK
            while status == Z_OK {
                output += [UInt8](unsafeUninitializedCapacity: 65536) { piece, count in
                    stream.next_out = piece.baseAddress
                    stream.avail_out = 65536
                    status = inflate(&stream, Z_NO_FLUSH)
                    count = 65536 - Int(stream.avail_out)
                }
            }
            return status
        }
        guard status == Z_STREAM_END else { throw NotGzip() }
        return output
    }
}
