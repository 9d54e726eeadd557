import API
import APIClient
import JSON
import Testing

@Suite struct WatchDecoderTests {
    let text = """
        {"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}
        {"type":"MODIFIED","object":{"metadata":{"name":"é\\n","resourceVersion":"2"}}}

        {"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}
        """

    @Test(arguments: [1, 2, 3, 7, 64, 10_000]) func `any cut gives the same events`(size: Int) throws {
        var decoder = WatchDecoder()
        var events: [WatchEvent] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            events += try decoder.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        events += try decoder.finish()
        #expect(events.map(\.kind) == [.added, .modified, .bookmark])
        #expect(events.map(\.resourceVersion) == ["1", "2", "9"])
        #expect(events[1].object["metadata"]?["name"]?.string == "é\n")
    }

    @Test(arguments: ["{\"type\":\"ADDED\"", "{\"type\":\"ODD\",\"object\":{}}", "[]", "{\"type\":\"ADDED\"}"])
    func `what is no event is refused`(line: String) {
        var decoder = WatchDecoder()
        #expect(throws: APIClientError.self) { try decoder.append(Array((line + "\n").utf8)) }
    }

    @Test func `a line without end is refused at the limit`() {
        var decoder = WatchDecoder()
        let chunk = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        #expect(throws: APIClientError.tooLarge(limitBytes: WatchDecoder.lineBytesMax)) {
            for _ in 0...16 { _ = try decoder.append(chunk) }
        }
    }
}
