import Logging
import NFTables
import Support
import Testing

@testable import Netfilter

/// Tables that belong to one socket, in a real kernel.
@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct OwnershipTests {
    let namespace: ScratchNamespace
    let table = TableIdentifier(.ip, "t")

    init() throws { namespace = try #require(ScratchNamespace()) }

    func applier() throws -> KernelApplier {
        let socket = namespace.perform { try? NetfilterSocket() }
        return KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
    }

    func refusal(_ body: () async throws(ApplyError) -> Void) async -> ApplyError? {
        do throws(ApplyError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `nobody else changes an owned table, and it outlives its owner`() async throws {
        let mine = Table(table, isOwned: true, chains: [Chain("c")])
        let other = try applier()
        do {
            let owner = try applier()
            let made = await refusal { () async throws(ApplyError) in try await owner.apply(Difference.between(nil, mine)) }
            if made?.errno == ApplyError.notSupported || made?.errno == ApplyError.invalid { return }  // before Linux 6.9
            #expect(made == nil)
            let (owns, otherOwns) = (try await owner.owns(table), try await other.owns(table))
            #expect(owns && !otherOwns)
            let denied = await refusal { () async throws(ApplyError) in
                try await other.apply(Transaction([.addChain(table, Chain("d"))]))
            }
            #expect(denied?.errno == ApplyError.notPermitted)
            let refused = await refusal { () async throws(ApplyError) in try await other.adopt(table) }
            #expect(refused?.errno == ApplyError.notPermitted)
            #expect(try await other.read(table, expecting: mine) == mine, "everybody may look")
        }
        // The owner's thread ends some time after its last job.
        while await refusal({ () async throws(ApplyError) in try await other.adopt(table) }) != nil { await Task.yield() }
        #expect(try await other.owns(table))
        #expect(try await other.read(table, expecting: mine) == mine)
    }

    @Test func `a commit that expects another generation is refused as a whole`() async throws {
        let applier = try applier()
        let generation = try await applier.generation()
        try await applier.apply(Transaction([.addTable(table)]), ifGeneration: generation)
        let late = await refusal { () async throws(ApplyError) in
            try await applier.apply(Transaction([.addChain(table, Chain("c"))]), ifGeneration: generation)
        }
        #expect(late?.errno == ApplyError.restart)
        #expect(try await applier.read(table, expecting: Table(table))?.chains.isEmpty == true)
    }

    @Test func `a refusal names the element in a list of many messages`() async throws {
        let applier = try applier()
        var set = NamedSet("s", key: [.mark])
        func element(_ number: UInt32) -> Element {
            var key = KeyBytes()
            key.append(hostOrder: number)
            return Element(key)
        }
        let all = (0..<9000 as Range<UInt32>).map { element($0) }
        try await applier.apply(Transaction([.addTable(table), .addSet(table, set), .addElements(table, set: "s", all)]))
        set.elements = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.value) })
        var keys = all.map(\.key)
        keys[7777] = element(100_000).key
        let refused = await refusal { () async throws(ApplyError) in
            try await applier.apply(Transaction([.addChain(table, Chain("c")), .deleteElements(table, set: "s", keys)]))
        }
        #expect(refused?.operation == 1)
        #expect(refused?.item == 7777)
        #expect(refused?.errno == ApplyError.noEntry)
    }
}
