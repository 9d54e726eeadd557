import JSON
import Testing

@testable import API

@Suite struct SelectorTests {
    @Test(arguments: [
        ("", true), ("app=web", true), ("app==web", true), ("app!=web", false), ("app in (web,db)", true),
        ("app notin (db)", true), ("app", true), ("!app", false), ("tier", false), ("!tier,app=web", true),
        ("n>1", true), ("n<2", false), ("missing!=x", true), ("app in (db), n", false), ("a/b notin (x)", true), ("e=", true),
    ])
    func `matches labels`(text: String, expected: Bool) throws {
        let selector = try LabelSelector(parsing: text)
        #expect(selector.matches(["app": "web", "n": "2", "e": ""]) == expected)
    }

    @Test(arguments: ["a=b=c", "=", "a in b", "a in (b", ",a", "a,", "!", "a notin", "-a=b", "a=b c", "a=-b", "a>x"])
    func `refuses what is no label selector`(text: String) {
        #expect(throws: SelectorError.self) { try LabelSelector(parsing: text) }
    }

    @Test(arguments: ["app=web", "app in (a,b),tier!=x", "!a,b"])
    func `prints what it read`(text: String) throws {
        #expect(try LabelSelector(parsing: LabelSelector(parsing: text).description) == LabelSelector(parsing: text))
    }

    @Test func `reads the object form`() {
        let selector = LabelSelector(
            json: [
                "matchLabels": ["app": "web"],
                "matchExpressions": [
                    ["key": "tier", "operator": "NotIn", "values": ["db"]], ["key": "x", "operator": "Exists"],
                ],
            ])
        #expect(selector.matches(["app": "web", "x": ""]))
        #expect(!selector.matches(["app": "web", "x": "", "tier": "db"]))
        #expect(!selector.matches(["app": "web"]))
        #expect(!LabelSelector(json: nil).matches([:]))
        #expect(LabelSelector(json: [:]).matches(["a": "b"]))
    }

    @Test(arguments: [
        ("", true), ("a.b=1", true), ("a.b==1", true), ("a.b!=1", false), ("a.b=1,c=", true), ("c!=x", true), ("c=x", false),
    ])
    func `matches fields`(text: String, expected: Bool) throws {
        #expect(try FieldSelector(parsing: text).matches { $0 == "a.b" ? "1" : nil } == expected)
    }

    @Test func `reads escaped values`() throws {
        let selector = try FieldSelector(parsing: "a=x\\,y\\=z\\\\")
        #expect(selector.terms == [FieldSelector.Term(field: "a", value: "x,y=z\\")])
        #expect(try FieldSelector(parsing: selector.description) == selector)
        #expect(throws: SelectorError.self) { try FieldSelector(parsing: "metadata.name") }
        #expect(throws: SelectorError.self) { try FieldSelector(parsing: "a=b=c") }
    }
}
