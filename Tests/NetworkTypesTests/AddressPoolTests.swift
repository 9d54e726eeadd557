import NetworkTypes
import Support
import Testing

@Suite struct AddressPoolTests {
    func pool(_ text: String) throws -> AddressPool { AddressPool(try #require(CIDR(parsing: text))) }
    func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text)) }

    @Test func `it gives the lowest free address and skips network and broadcast`() throws {
        var pool = try pool("10.0.0.0/30")
        #expect(pool.capacity == 2)
        let given = [pool.allocate(), pool.allocate(), pool.allocate()]
        #expect(given.map { $0?.description } == ["10.0.0.1", "10.0.0.2", nil])
        let first = try address("10.0.0.1")
        let released = [pool.release(first), pool.release(first)]
        #expect(released == [true, false])
        let again = pool.allocate()
        #expect(again == first)
    }

    @Test func `an offset is a preference, not a limit`() throws {
        var pool = try pool("10.0.0.0/29")
        let given = [pool.allocate(from: 5), pool.allocate(from: 5), pool.allocate(from: 5), pool.allocate(from: 100)]
        #expect(given.map { $0?.description } == ["10.0.0.5", "10.0.0.6", "10.0.0.1", "10.0.0.2"])
    }

    @Test func `reservations tell why they fail`() throws {
        var pool = try pool("10.96.0.0/16")
        let wanted = ["10.96.0.1", "10.96.0.1", "10.96.0.0", "10.96.255.255", "10.97.0.1"]
        var answers: [AddressPool.Reservation] = []
        for text in wanted { answers.append(pool.reserve(try address(text))) }
        #expect(answers == [.reserved, .alreadyTaken, .outOfRange, .outOfRange, .outOfRange])
        #expect(pool.taken.map(\.description) == ["10.96.0.1"])
    }

    @Test func `a huge prefix uses its first million addresses`() throws {
        let pool = try pool("fd00::/64")
        #expect(pool.capacity == AddressPool.addressesMax - 1)
    }

    @Test(arguments: [7, 8] as [UInt64])
    func `it never gives an address twice`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var pool = try pool("10.0.0.0/24")
        var held: Set<IPAddress> = []
        for _ in 0..<2000 {
            if random.next() % 3 == 0, let one = held.randomElement(using: &random) {
                held.remove(one)
                let wasTaken = pool.release(one)
                #expect(wasTaken, "seed \(seed)")
            } else if let one = pool.allocate(from: Int(random.next() % 300)) {
                let isNew = held.insert(one).inserted
                #expect(isNew, "seed \(seed)")
            }
        }
        #expect(pool.taken == held.sorted())
    }
}
