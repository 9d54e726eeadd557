import NFTables
import NetworkTypes
import Support

/// Small tables drawn from few names, so that two of them overlap in every way.
struct RandomTable {
    static let identifier = TableIdentifier(.ip, "t")

    static func make(using random: inout SeededRandom) -> Table {
        var table = Table(identifier)
        for index in 0..<4 where random.next() % 3 != 0 { table.chains["c\(index)"] = Chain("c\(index)") }
        if random.next() % 4 != 0 {
            table.chains["base"] = Chain("base", base: BaseChain(.nat, .prerouting, priority: random.next() % 4 == 0 ? 0 : -100))
        }
        let targets = table.chains.values.filter { $0.base == nil }.map(\.name).sorted()
        for index in 0..<3 where random.next() % 3 != 0 {
            let name = "s\(index)"
            if index == 0 {
                table.sets[name] = NamedSet(name, key: random.next() % 5 == 0 ? [.ipv6Address] : [.ipv4Address])
            } else {
                table.sets[name] = NamedSet(
                    name, key: [.ipv4Address], value: index == 1 ? .verdict : .fields([.ipv4Address, .port]))
            }
            for _ in 0..<random.next() % 6 {
                let key = KeyBytes(.v4(IPv4Address(UInt32(random.next() % 6))))
                if table.sets[name]?.key == [.ipv6Address] { continue }
                switch index {
                case 0: table.sets[name]?.elements[ElementKey(key)] = ElementValue.none
                case 1:
                    let target = targets.randomElement(using: &random)
                    table.sets[name]?.elements[ElementKey(key)] = .verdict(target.map { .goto($0) } ?? .drop)
                default:
                    var value = KeyBytes(.v4(IPv4Address(UInt32(random.next() % 3))))
                    value.append(Port(80))
                    table.sets[name]?.elements[ElementKey(key)] = .fields(value)
                }
            }
        }
        let sets = table.sets.keys.sorted()
        for name in table.chains.keys.sorted() {
            for _ in 0..<random.next() % 4 {
                switch random.next() % 3 {
                case 0: table.chains[name]?.rules.append(Rule(.counter, .verdict(.drop)))
                case 1:
                    // Only upwards, so that no loop comes to be.
                    guard let target = targets.filter({ $0 > name || name == "base" }).randomElement(using: &random) else {
                        continue
                    }
                    table.chains[name]?.rules.append(Rule(.verdict(.jump(target))))
                default:
                    guard let set = sets.randomElement(using: &random), let kind = table.sets[set] else { continue }
                    let key: [Field] = [.destinationAddress]
                    let statement: Statement =
                        switch kind.value {
                        case nil: .match(.member(key, of: set))
                        case .verdict: .verdictMap(key, map: set)
                        case .fields: .destinationNAT(key, map: set)
                        }
                    table.chains[name]?.rules.append(Rule(statement))
                }
            }
        }
        return table
    }
}
