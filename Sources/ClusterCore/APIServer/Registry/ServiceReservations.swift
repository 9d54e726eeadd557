import API
import JSON
import Machinery
import NetworkTypes
import Store

/// Keeps several servers from giving one address or one node port to two Services: who creates its key in the store has it.
///
/// Nothing is ever given back. A key whose Service does not hold what it names is free for the next one, once it is older than any
/// write under way.
struct ServiceReservations: Sendable {
    private static let prefix = "/registry/skiff/reservations/"
    /// A Service that is not there after so many seconds will not come.
    static let graceSeconds: Int64 = 60

    let store: any Store
    let now: @Sendable () -> Timestamp
    /// Whether a Service, as the caches show it, holds an address or a port.
    let holds: @Sendable (NamespacedName, String) -> Bool

    /// The keys of an allocation, below the prefix.
    static func names(_ allocation: ServiceAllocator.Allocation) -> [String] {
        allocation.addresses.map { "addresses/\($0)" } + allocation.ports.map { "nodeports/\($0)" }
    }

    /// Takes everything or says that something is another's.
    func claim(_ allocation: ServiceAllocator.Allocation, for service: NamespacedName) async throws(StoreError) -> Bool {
        for name in Self.names(allocation) {
            guard try await claim(name, for: service) else { return false }
        }
        return true
    }

    private func claim(_ name: String, for service: NamespacedName) async throws(StoreError) -> Bool {
        let key = Self.prefix + name
        let claim = JSONWriter.write(["service": .string(StoreKey.path(service)), "at": .int(now().seconds)])
        do throws(StoreError) {
            _ = try await store.create(key, claim)
            return true
        } catch {
            guard case .keyExists = error else { throw error }
        }
        guard let found = try await store.get(key) else { return false }
        let note = (try? JSONParser.parse(found.value)) ?? [:]
        let owner = StoreKey.name(path: note["service"]?.string ?? "")
        if owner != service {
            guard now().seconds - (note["at"]?.int ?? 0) >= Self.graceSeconds else { return false }
            try await store.synchronize()
            guard !holds(owner, name) else { return false }
        }
        do throws(StoreError) {
            _ = try await store.update(key, claim, expected: found.revision)
            return true
        } catch {
            guard case .revisionMismatch = error else { throw error }
            return false
        }
    }
}

extension ObjectRegistry {
    /// Tries at a free address or port that another server takes at the same moment.
    private static let reservationTriesMax = 16

    /// Fills in what a Service needs; where several servers write, what was taken is taken for all of them.
    func allocate(
        _ service: inout JSONValue, old: JSONValue?, _ key: NamespacedName, _ options: WriteOptions
    ) async throws(Status) -> ServiceAllocator.Allocation {
        guard store.isShared, !options.isDryRun else { return try services.allocate(for: &service, old: old) }
        let reservations = ServiceReservations(store: store, now: environment.now) { [caches] owner, name in
            guard let held = caches[ServiceAllocator.resource]?.get(owner) else { return false }
            return ServiceReservations.names(ServiceAllocator.Allocation(of: held.object)).contains(name)
        }
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
                if try await reservations.claim(taken, for: key) {
                    service = candidate
                    return taken
                }
            } catch {
                services.release(taken)
                throw Self.status(error, Catalog.kind(ServiceAllocator.resource) ?? Catalog.kinds[0], key.name)
            }
            guard attempt < Self.reservationTriesMax else { break }
            // What was refused stays taken here: the next try looks further.
            refused.addresses += taken.addresses
            refused.ports += taken.ports
            services.learn(from: caches, keeping: refused)
        }
        throw APIErrors.internalError("failed to allocate an address or port: other servers take them all")
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
