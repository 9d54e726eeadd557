import PKI
import Testing

@Suite struct DetachedSignatureTests {
    /// Made with Python's `hmac` of `header.payload`, as RFC 7515 has it.
    @Test func `a signature has its header and no text`() {
        let signature = DetachedSignature.hs256("my payload", keyID: "abc123", secret: "my secret")
        #expect(signature == "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiYzEyMyJ9..4A7F4POvD2q1zRuu5oUHiboFn8mgSB8hLZ0JA3yq6jM")
    }
}
