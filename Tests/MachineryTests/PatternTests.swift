import Testing

@testable import Machinery

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
        ("ipv4", "10.0.0.1", true), ("ipv4", "10.0.0.256", false), ("ipv6", "fe80::1", true), ("ipv6", "1::2::3", false),
        ("cidr", "10.0.0.0/8", true), ("cidr", "10.0.0.0/33", false), ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", true),
        ("date", "2024-02-29", true), ("date", "2023-02-29", false), ("date-time", "2024-01-01T00:00:00Z", true),
        ("datetime", "x", false), ("duration", "1h30m", true), ("duration", "1 fortnight", false), ("byte", "YWJj", true),
        ("byte", "YW", false), ("email", "a@b.c", true), ("hostname", "a.example.com", true), ("hostname", "-a", false),
        ("mac", "00:11:22:33:44:55", true), ("uri", "https://a/b", true), ("uri", "a b", false),
        ("k8s-short-name", "a-b", true), ("k8s-short-name", "a.b", false), ("isbn10", "0-306-40615-2", true),
    ])
    func `knows formats`(format: String, text: String, isValid: Bool) {
        #expect(StringFormat.validate(text, format) == isValid)
    }
}
