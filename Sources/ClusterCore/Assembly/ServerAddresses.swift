import API
import APIServer
import JSON
import NetworkTypes
import Store

/// Which servers there are, for the endpoints of the `kubernetes` Service: each notes its address in the store, for a short time
/// and again and again. Upstream's servers on the same store keep the same notes.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controlplane/reconcilers/lease.go`.
struct ServerAddresses: Sendable {
    static let interval: Duration = .seconds(10)
    static let timeToLive: Duration = .seconds(15)
    private static let prefix = "/registry/masterleases/"
    private static let form = StoredForm(GroupVersionKind(group: "", version: "v1", kind: "Endpoints"), encoding: .upstream)

    let store: any Store
    let own: IPAddress

    /// Renews the own note; the result is every server's address in order.
    func renew() async throws(StoreError) -> [IPAddress] {
        let key = Self.prefix + own.description
        for _ in 0..<3 {
            do throws(StoreError) {
                if let found = try await store.get(key) {
                    let value = Self.note(own, generation: found.revision.value)
                    _ = try await store.update(key, value, expected: found.revision, expiresAfter: Self.timeToLive)
                } else {
                    _ = try await store.create(key, Self.note(own, generation: 1), expiresAfter: Self.timeToLive)
                }
                break
            } catch {
                // The note ran out, or was written by a server with our address, between the two.
                switch error {
                case .keyExists, .keyNotFound, .revisionMismatch: continue
                default: throw error
                }
            }
        }
        return try await Self.addresses(in: store)
    }

    private static func addresses(in store: any Store) async throws(StoreError) -> [IPAddress] {
        let notes = try await store.range(KeyRange(prefix: prefix))
        return notes.values.compactMap { IPAddress(parsing: String($0.key.dropFirst(prefix.count))) }.sorted()
    }

    /// The generation makes every write differ from the one before.
    private static func note(_ address: IPAddress, generation: Int64) -> [UInt8] {
        form.encode([
            "metadata": ["generation": .int(generation)],
            "subsets": [["addresses": [["ip": .string(address.description)]]]],
        ])
    }
}
