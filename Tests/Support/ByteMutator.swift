/// Makes broken input of good input: what a decoder at the edge must bear.
package struct ByteMutator {
    package var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Some bytes changed, cut out, doubled or put in; sometimes nothing but noise.
    package mutating func mutate(_ source: [UInt8], with fragments: [[UInt8]] = []) -> [UInt8] {
        if Int.random(in: 0..<20, using: &random) == 0 { return noise(Int.random(in: 0..<200, using: &random)) }
        var bytes = source
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let position = Int.random(in: 0...bytes.count, using: &random)
            let length = min(bytes.count - position, Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where position < bytes.count: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where position < bytes.count: bytes[position] = UInt8.random(in: .min ... .max, using: &random)
            case 2: bytes.removeSubrange(position..<position + length)
            case 3: bytes.insert(contentsOf: bytes[position..<position + length], at: position)
            case 4: bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? noise(length), at: position)
            default: bytes.insert(contentsOf: noise(length), at: position)
            }
        }
        return bytes
    }

    package mutating func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// Fragments in a random order.
    package mutating func join(_ fragments: [String], upTo count: Int) -> String {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in fragments.randomElement(using: &random) ?? "" }.joined()
    }
}
