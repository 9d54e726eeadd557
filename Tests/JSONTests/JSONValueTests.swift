import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func `writing below a path creates the objects on the way`() {
        var value: JSONValue = ["kind": "Pod"]
        value[path: ["metadata", "labels", "app"]] = "web"
        #expect(value == ["kind": "Pod", "metadata": ["labels": ["app": "web"]]])
        value[path: ["metadata", "labels", "app"]] = nil
        #expect(value == ["kind": "Pod", "metadata": ["labels": [:]]])
    }

    @Test func `equality and hash ignore the order of members`() {
        let left: JSONValue = ["a": 1, "b": 2]
        let right: JSONValue = ["b": 2, "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": 3])
        #expect(left != ["a": 1])
    }

    @Test func `large objects compare without regard to order`() {
        let members = (0..<100).map { JSONObject.Member(key: "k\($0)", value: .int(Int64($0))) }
        #expect(JSONObject(members) == JSONObject(members.reversed()))
        #expect(JSONObject(members) != JSONObject(Array(members.dropLast()) + [JSONObject.Member(key: "x", value: 0)]))
    }

    static let texts: [(JSONValue, String)] = [
        (.double(3), "3"), (.double(0.25), "0.25"), (.int(-7), "-7"), ("\u{1}\u{1f}\n\"\\", #""\u0001\u001f\n\"\\""#),
        ([1, "a", nil, true], #"[1,"a",null,true]"#),
    ]

    @Test(arguments: texts)
    func `writes compact text`(value: JSONValue, text: String) {
        #expect(JSONWriter.text(value) == text)
    }

    @Test func `a whole double counts as an integer`() {
        #expect(JSONValue.double(8080).int == 8080)
        #expect(JSONValue.double(0.5).int == nil)
        #expect(JSONValue.string("1").int == nil)
    }
}
