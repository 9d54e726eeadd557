import API
import JSON
import Machinery
package import Store

/// Claims node ports where every server of the store looks, upstream's too: who sets a port's bit first has the port.
///
/// Addresses need nothing of the kind: they are claimed by their IPAddress objects.
struct NodePortClaims {
    /// Tries at a bitmap that others keep changing.
    private static let triesMax = 16

    let store: any Store
    let range: ClosedRange<Int64>
    /// The ports of all Services, as the caches show them.
    let held: @Sendable () -> Set<Int64>

    /// Takes every port, or none and says so.
    func claim(_ ports: [Int64]) async throws(StoreError) -> Bool {
        if ports.isEmpty { return true }
        return try await change { bitmap in
            guard bitmap.ports.isDisjoint(with: ports) else { return false }
            bitmap.take(ports)
            return true
        }
    }

    func release(_ ports: [Int64]) async throws(StoreError) {
        if ports.isEmpty { return }
        _ = try await change { bitmap in
            bitmap.release(ports)
            return true
        }
    }

    /// Brings the bitmap in line with the Services.
    ///
    /// - Parameter suspects: Ports that no Service held at the last looks, and at how many of them; kept by the caller.
    func repair(_ suspects: inout [Int64: Int], looks: Int) async throws(StoreError) {
        try await store.synchronize()
        let held = held()
        let bitmap = try await read().bitmap
        let leaked = bitmap.ports.subtracting(held)
        suspects = Dictionary(uniqueKeysWithValues: leaked.map { ($0, (suspects[$0] ?? 0) + 1) })
        let gone = suspects.filter { $0.value >= looks }.keys
        let missing = held.filter(range.contains).subtracting(bitmap.ports)
        guard !gone.isEmpty || !missing.isEmpty else { return }
        _ = try await change { bitmap in
            bitmap.release(gone)
            bitmap.take(missing)
            return true
        }
    }

    private func read() async throws(StoreError) -> (bitmap: NodePortBitmap, revision: Revision?) {
        guard let found = try await store.get(NodePortBitmap.key) else {
            // The first server of a store begins with what the Services hold.
            return (NodePortBitmap(range: range, ports: held()), nil)
        }
        return (NodePortBitmap(found.value, range: range) ?? NodePortBitmap(range: range, ports: held()), found.revision)
    }

    private func change(_ body: (inout NodePortBitmap) -> Bool) async throws(StoreError) -> Bool {
        for _ in 0..<Self.triesMax {
            var (bitmap, revision) = try await read()
            let before = bitmap
            guard body(&bitmap) else { return false }
            if bitmap == before, revision != nil { return true }
            do throws(StoreError) {
                if let revision {
                    _ = try await store.update(NodePortBitmap.key, bitmap.encoded, expected: revision)
                } else {
                    _ = try await store.create(NodePortBitmap.key, bitmap.encoded)
                }
                return true
            } catch {
                switch error {
                case .revisionMismatch, .keyExists, .keyNotFound: continue
                default: throw error
                }
            }
        }
        throw .unavailable("the table of node ports is changed by others all the time")
    }
}

extension ServiceAllocator {
    /// Forgets what it believes and reads what the Services hold.
    ///
    /// - Parameter keeping: Stays taken all the same.
    func learn(from caches: CacheSet, keeping: Allocation = Allocation()) {
        reset(keeping: keeping)
        rebuild(from: caches)
    }
}

extension ObjectRegistry {
    /// Tries at a free port that another server takes at the same moment.
    private static let portTriesMax = 16

    /// One look at the ports that are taken although no Service has them; those of several looks are given back.
    ///
    /// - Parameter suspects: Empty at first; kept by the caller between looks.
    package func repairNodePorts(_ suspects: inout [Int64: Int]) async throws(StoreError) {
        guard store.isShared else { return }
        try await portClaims.repair(&suspects, looks: Self.repairLooks)
    }

    /// A write under way takes less time than so many looks.
    private static let repairLooks = 12

    private var portClaims: NodePortClaims {
        NodePortClaims(store: store, range: services.portRange) { [caches] in
            let all = caches[ServiceAllocator.resource]?.all() ?? []
            return Set(all.flatMap { ServiceAllocator.Allocation(of: $0.object).ports })
        }
    }

    /// Fills in what a Service needs; where several servers write, what was taken is taken for all of them.
    func allocate(
        _ service: inout JSONValue, old: JSONValue?, _ key: NamespacedName, _ options: WriteOptions
    ) async throws(Status) -> ServiceAllocator.Allocation {
        guard store.isShared, !options.isDryRun else { return try services.allocate(for: &service, old: old) }
        var refused = ServiceAllocator.Allocation()
        for attempt in 1... {
            var candidate = service
            let taken: ServiceAllocator.Allocation
            do throws(Status) {
                taken = try services.allocate(for: &candidate, old: old)
            } catch {
                // What is known here may be another server's past.
                guard attempt == 1 else { throw error }
                services.learn(from: caches)
                continue
            }
            do throws(StoreError) {
                if try await portClaims.claim(taken.ports) {
                    service = candidate
                    return taken
                }
            } catch {
                services.release(taken)
                throw Self.status(error, Catalog.kind(ServiceAllocator.resource) ?? Catalog.kinds[0], key.name)
            }
            guard attempt < Self.portTriesMax else { break }
            // What was refused stays taken here: the next try looks further.
            refused.ports += taken.ports
            services.release(taken)
            services.learn(from: caches, keeping: refused)
        }
        throw APIErrors.internalError("failed to allocate a nodePort: other servers take them all")
    }

    /// Gives ports back where others look; what fails here, the repair finds.
    func forgetPorts(_ ports: [Int64]) async {
        guard store.isShared else { return }
        try? await portClaims.release(ports)
    }
}
