import NFTables
import NetworkTypes
import Support
import Testing

@Suite struct DifferenceTests {
    @Test(arguments: 1...300 as ClosedRange<UInt64>)
    func `applied to the old table it gives the new one`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let old: Table? = random.next() % 8 == 0 ? nil : RandomTable.make(using: &random)
        let new: Table? = random.next() % 8 == 0 ? nil : RandomTable.make(using: &random)
        var kernel = KernelState(Ruleset([old].compactMap(\.self)))
        let transaction = Difference.between(old, new)
        do {
            try kernel.apply(transaction)
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        #expect(kernel.ruleset == Ruleset([new].compactMap(\.self)), "seed \(seed)")
        #expect(Difference.between(new, new).isEmpty, "seed \(seed)")
    }

    @Test func `one changed element costs one deletion and one addition`() throws {
        var old = Table(RandomTable.identifier, sets: [NamedSet("m", key: [.ipv4Address], value: .verdict)])
        for number in 0..<1000 {
            old.sets["m"]?.elements[ElementKey(KeyBytes(.v4(IPv4Address(UInt32(number)))))] = .verdict(.drop)
        }
        var new = old
        let key = ElementKey(KeyBytes(.v4(IPv4Address(7))))
        new.sets["m"]?.elements[key] = .verdict(.accept)
        #expect(
            Difference.between(old, new)
                == Transaction([
                    .deleteElements(RandomTable.identifier, set: "m", [key]),
                    .addElements(RandomTable.identifier, set: "m", [Element(key, .verdict(.accept))]),
                ]))
    }
}

@Suite struct MemoryKernelTests {
    let table = TableIdentifier(.ip, "t")

    /// The errno of the last operation, after the others went through.
    func refusal(_ operations: [Transaction.Operation]) -> Int32? {
        var kernel = KernelState()
        do {
            try kernel.apply(Transaction(operations))
            return nil
        } catch {
            #expect(error.operation == operations.count - 1)
            #expect(kernel == KernelState(), "nothing of a refused transaction stays")
            return error.errno
        }
    }

    @Test func `names that are missing, in use or taken are refused`() {
        let set = NamedSet("s", key: [.ipv4Address])
        let rule = Rule(.match(.member([.sourceAddress], of: "s")), .verdict(.drop))
        #expect(refusal([.deleteTable(table)]) == ApplyError.noEntry)
        #expect(refusal([.addTable(table), .addRule(table, chain: "c", rule)]) == ApplyError.noEntry)
        #expect(
            refusal([.addTable(table), .addChain(table, Chain("c")), .addRule(table, chain: "c", rule)]) == ApplyError.noEntry)
        let bound: [Transaction.Operation] = [
            .addTable(table), .addSet(table, set), .addChain(table, Chain("c")), .addRule(table, chain: "c", rule),
        ]
        #expect(refusal(bound) == nil)
        #expect(refusal(bound + [.deleteSet(table, name: "s")]) == ApplyError.busy)
        #expect(refusal(bound + [.flushChain(table, name: "c"), .deleteSet(table, name: "s")]) == nil)
        #expect(
            refusal(
                bound + [
                    .addChain(table, Chain("d")), .addRule(table, chain: "c", Rule(.verdict(.jump("d")))),
                    .deleteChain(table, name: "d"),
                ]) == ApplyError.busy)
        #expect(
            refusal([.addTable(table), .addSet(table, set), .addSet(table, NamedSet("s", key: [.mark]))]) == ApplyError.exists)
    }
}
