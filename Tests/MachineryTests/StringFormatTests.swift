import Testing

@testable import Machinery

@Suite struct StringFormatTests {
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
