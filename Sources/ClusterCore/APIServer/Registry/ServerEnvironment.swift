package import API

/// Time and chance, as the server is given them.
package struct ServerEnvironment: Sendable {
    package var now: @Sendable () -> Timestamp
    /// For waiting: never steps back.
    package var monotonic: @Sendable () -> Duration
    package var random: @Sendable () -> UInt64
    /// Waits on the clock of `monotonic`; throws when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Timestamp, monotonic: @escaping @Sendable () -> Duration,
        random: @escaping @Sendable () -> UInt64, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.monotonic = monotonic
        self.random = random
        self.sleep = sleep
    }

    /// A random (version 4) UUID.
    func makeUID() -> String {
        let high = random() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = random() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let text = Array((Self.hex(high) + Self.hex(low)).utf8)
        return [text[0..<8], text[8..<12], text[12..<16], text[16..<20], text[20..<32]].map(\.text).joined(separator: "-")
    }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// Five letters for a generated name, from upstream's alphabet without vowels.
    func makeSuffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        var number = random()
        var result: [UInt8] = []
        for _ in 0..<5 {
            result.append(alphabet[Int(number % UInt64(alphabet.count))])
            number /= UInt64(alphabet.count)
        }
        return result.text
    }
}

/// How a write was asked for.
package struct WriteOptions: Sendable {
    package var user: User
    /// Everything but the writing itself.
    package var isDryRun: Bool
    /// Who owns what the write changes, as `managedFields` names it; empty for a writer without a name.
    package var fieldManager: String
    /// Whether an apply takes fields from other managers.
    package var forces = false
    /// Why the user may not create what an update or apply finds missing; nil when it may.
    package var createRefusal: Status?
    /// The part of the object that is written; empty: the object itself.
    package var subresource = ""
    /// False for the writes that carry out what was admitted as a whole: a binding, an eviction.
    package var needsAdmission = true
    /// What steps on the way want the client to know.
    package var warnings = WarningCollector()
    /// What they want the audit log to know; nil: nobody asks.
    package var auditNotes: AuditNotes?

    package init(user: User, isDryRun: Bool = false, fieldManager: String = "") {
        self.user = user
        self.isDryRun = isDryRun
        self.fieldManager = fieldManager
    }

    package static var loopback: WriteOptions { WriteOptions(user: .loopback, fieldManager: "kube-apiserver") }
    /// For the controllers beside the server.
    package static var controllers: WriteOptions {
        WriteOptions(user: .loopback, fieldManager: "kube-controller-manager")
    }
}
