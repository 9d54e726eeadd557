import Testing

@testable import CEL

@Suite struct PatternTests {
    @Test(arguments: [
        (#"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"#, "* * * * */5", true),
        (#"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"#, "* * * *", false), ("in-tree|out-of-tree", "xx out-of-tree", true),
        ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-b", true), ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-", false),
        ("(?i)^abc$", "ABC", true), ("^(?i:a)b$", "Ab", true), ("^(?i:a)b$", "AB", false), ("^a.c$", "a\nc", false),
        ("(?s)^a.c$", "a\nc", true), (#"^\p{L}+$"#, "été", true), (#"^\P{L}+$"#, "été", false),
        ("^[^/]+$", "a/b", false), (#"^[\w.-]+$"#, "a_b.c-d", true), (#"^\x41\.$"#, "A.", true), ("^a{2,3}$", "aaaa", false),
        ("^a{2,}$", "aaaa", true), ("^a{,2}$", "a{,2}", true), ("", "anything", true), ("^$", "", true),
        (#"\bfoo\b"#, "a foo b", true), (#"\bfoo\b"#, "afoob", false), ("^[[:alpha:]]+$", "abc", true), ("[]a]", "]", true),
        ("^(?P<name>x)$", "x", true), ("(?m)^b$", "a\nb", true), (#"^\Qa.b\E$"#, "a.b", true), (#"^\Qa.b\E$"#, "axb", false),
    ])
    func `matches as Go does`(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == isMatch)
    }

    @Test(arguments: ["(", ")", "[a", "a**", "*a", #"\1"#, "a{3,2}", "a{1001}", "(?=a)", #"\y"#, "[b-a]", #"a\"#])
    func `refuses what Go refuses`(pattern: String) {
        #expect(throws: Pattern.SyntaxError.self) { try Pattern(pattern) }
    }

    @Test func `takes time in proportion to the text`() throws {
        let pattern = try Pattern("^(a+)+$")
        #expect(!pattern.matches(String(repeating: "a", count: 5000) + "b"))
    }

    @Test(arguments: [
        ("a+", "baaac", ["aaa"]), ("a+?", "baaac", ["a", "a", "a"]), ("a|ab", "abab", ["a", "a"]), ("ab|a", "aba", ["ab", "a"]),
        ("(?U)a+", "aa", ["a", "a"]), ("x*", "ab", ["", "", ""]), ("[0-9]+", "a1b22c333", ["1", "22", "333"]),
        ("a*", "baac", ["", "aa", ""]), ("abc ([0-9]+)", "abc 123 abc 4", ["abc 123", "abc 4"]), ("z", "abc", []),
        ("^a", "aaa", ["a"]), ("$", "ab", [""]), ("é.", "aéb", ["éb"]),
    ])
    func `finds what Go finds`(pattern: String, text: String, found: [String]) throws {
        let pattern = try Pattern(pattern)
        #expect(pattern.findAll(in: text, max: nil) == found)
        #expect(pattern.find(in: text) == found.first)
    }
}
