import Testing

@testable import HTTP

@Suite struct RequestTargetTests {
    typealias Item = HTTPRequest.QueryItem

    @Test func `decodes path and query`() {
        let target = RequestTarget("/api/v1/a%2Fb+c?labelSelector=a%3Db%2Cc&x=1+2&flag&flag=%41")
        #expect(target?.path == "/api/v1/a/b+c")
        #expect(target?.rawPath == "/api/v1/a%2Fb+c")
        #expect(
            target?.query == [
                Item(name: "labelSelector", value: "a=b,c"), Item(name: "x", value: "1 2"), Item(name: "flag", value: ""),
                Item(name: "flag", value: "A"),
            ])
    }

    @Test func `drops query items with broken escapes`() {
        #expect(RequestTarget("/?a=%zz&b=1&c;d=2")?.query == [Item(name: "b", value: "1")])
    }

    @Test(arguments: ["", "x", "/%", "/%4", "/%gg"])
    func `refuses broken paths`(target: String) {
        #expect(RequestTarget(target) == nil)
    }

    @Test func `takes the absolute form`() {
        #expect(RequestTarget("http://host:1/a?b=c")?.path == "/a")
        #expect(RequestTarget("*")?.path == "*")
    }

    @Test func `encoding and decoding agree`() {
        let text = "a b/ü%&=+"
        let encoded = PercentCoding.encode(text)
        #expect(encoded == "a%20b%2F%C3%BC%25%26%3D%2B")
        #expect(PercentCoding.decode(encoded, plusIsSpace: true) == text)
    }
}
