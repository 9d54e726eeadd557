import API
import ControlLoop
import JSON
import Machinery
import NetworkTypes

// Every address of a Service is also an object: who creates it first has the address, whichever server he asked.
extension ObjectRegistry {
    /// Tries at a free address that another server took meanwhile.
    private static let triesMax = 8

    /// Allocates as `ServiceAllocator`, and writes the address objects; dry runs only look.
    func allocateAddresses(
        for service: inout JSONValue, old: JSONValue?, _ key: NamespacedName, _ options: WriteOptions
    ) async throws(Status) -> ServiceAllocator.Allocation {
        useReadyRanges()
        for attempt in 1... {
            var candidate = service
            let allocation = try await allocate(&candidate, old: old, key, options)
            guard !options.isDryRun, let lost = try await claim(allocation, for: key) else {
                service = candidate
                return allocation
            }
            services.release(allocation)
            await forgetPorts(allocation.ports)
            // The allocator refuses an address that was asked for, now that it is known to be taken.
            services.reset(takenAddresses + [lost])
            guard attempt < Self.triesMax else {
                throw APIErrors.internalError("failed to allocate a serviceIP: the address \(lost) is taken")
            }
        }
        throw APIErrors.internalError("failed to allocate a serviceIP")
    }

    /// The address that someone else holds already; nil: all are ours.
    private func claim(
        _ allocation: ServiceAllocator.Allocation, for key: NamespacedName
    ) async throws(Status) -> IPAddress? {
        guard let kind = Catalog.kind(ServiceIPAddress.resource) else { return nil }
        var options = WriteOptions.loopback
        options.needsAdmission = false
        for (index, address) in allocation.addresses.enumerated() {
            do throws(Status) {
                _ = try await create(kind, namespace: "", ServiceIPAddress.object(address, for: key), options)
            } catch {
                await forgetAddresses(Array(allocation.addresses.prefix(index)), of: key)
                guard error.isAlreadyExists else { throw error }
                if isHeld(address, by: key) { continue }
                return address
            }
        }
        return nil
    }

    /// What a write took and does not need, or a Service that is gone held.
    func giveBack(
        _ allocation: ServiceAllocator.Allocation, of key: NamespacedName, _ options: WriteOptions
    ) async {
        if !options.isDryRun {
            await forgetAddresses(allocation.addresses, of: key)
            await forgetPorts(allocation.ports)
        }
        services.release(allocation)
    }

    /// After an update: what the old form held and the new one does not.
    func giveBackUnused(old: JSONValue, new: JSONValue, of key: NamespacedName) async {
        let kept = ServiceAllocator.Allocation(of: new)
        var unused = ServiceAllocator.Allocation(of: old)
        unused.addresses.removeAll(where: kept.addresses.contains)
        unused.ports.removeAll(where: kept.ports.contains)
        await giveBack(unused, of: key, .loopback)
    }

    private func isHeld(_ address: IPAddress, by key: NamespacedName) -> Bool {
        guard let found = caches[ServiceIPAddress.resource]?.get(NamespacedName(name: address.description)) else { return false }
        let parent = ServiceIPAddress(json: found.object).parent
        return parent.resource == "services" && parent.namespace == key.namespace && parent.name == key.name
    }

    /// Gives addresses back; what fails here, the repair controller finds.
    func forgetAddresses(_ addresses: [IPAddress], of key: NamespacedName) async {
        guard let kind = Catalog.kind(ServiceIPAddress.resource) else { return }
        var options = WriteOptions.loopback
        options.needsAdmission = false
        for address in addresses where isHeld(address, by: key) {
            _ = try? await delete(kind, NamespacedName(name: address.description), DeletionOptions(), options)
        }
    }

    /// Ranges that people add are objects too.
    private func useReadyRanges() {
        let all = caches[ServiceCIDR.resource]?.all() ?? []
        let ranges = all.map { ServiceCIDR(json: $0.object) }.filter { $0.isReady }.sorted { $0.key < $1.key }
        services.setRanges(ranges.flatMap(\.ranges)) {
            takenAddresses
        }
    }

    /// Those of Services, and those that have an object though their Service is not here yet.
    private var takenAddresses: [IPAddress] {
        let services = caches[ServiceAllocator.resource]?.all() ?? []
        let objects = caches[ServiceIPAddress.resource]?.all() ?? []
        return services.flatMap { ServiceAllocator.Allocation(of: $0.object).addresses }
            + objects.compactMap { IPAddress(parsing: $0.key.name) }
    }
}
