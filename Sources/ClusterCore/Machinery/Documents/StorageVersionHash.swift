import API

/// The name under which discovery tells how objects of a resource are stored.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/discovery/storageversionhash.go`.
enum StorageVersionHash {
    /// Eight bytes of a hash over `GROUP/VERSION/KIND`, in base64.
    static func hash(_ kind: GroupVersionKind) -> String {
        Base64.encode(Array(SHA256.hash(Array("\(kind.group)/\(kind.version)/\(kind.kind)".utf8)).prefix(8)))
    }
}

/// FIPS 180-4, for names of content; nothing secret passes through it.
enum SHA256 {
    static func hash(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        var bytes = message + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
        }
        for start in stride(from: 0, to: bytes.count, by: 64) { compress(&state, bytes[start..<start + 64]) }
        return state.flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
            block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (first, second) = (words[index - 15], words[index - 2])
            let low = rotate(first, 7) ^ rotate(first, 18) ^ first >> 3
            let high = rotate(second, 17) ^ rotate(second, 19) ^ second >> 10
            words.append(words[index - 16] &+ low &+ words[index - 7] &+ high)
        }
        var now = state
        for index in 0..<64 {
            let mix = rotate(now[4], 6) ^ rotate(now[4], 11) ^ rotate(now[4], 25)
            let choice = now[4] & now[5] ^ ~now[4] & now[6]
            let first = now[7] &+ mix &+ choice &+ constants[index] &+ words[index]
            let spread = rotate(now[0], 2) ^ rotate(now[0], 13) ^ rotate(now[0], 22)
            let majority = now[0] & now[1] ^ now[0] & now[2] ^ now[1] & now[2]
            now = [first &+ spread &+ majority, now[0], now[1], now[2], now[3] &+ first, now[4], now[5], now[6]]
        }
        for index in 0..<8 { state[index] &+= now[index] }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    /// The fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = {
        var result: [UInt32] = []
        var candidate = 2
        while result.count < 64 {
            if (2..<candidate).allSatisfy({ candidate % $0 != 0 }) {
                result.append(fraction(ofCubeRootOf: UInt128(candidate)))
            }
            candidate += 1
        }
        return result
    }()

    /// The first 32 bits behind the point: the integer cube root of the number shifted by 96 bits.
    private static func fraction(ofCubeRootOf number: UInt128) -> UInt32 {
        let target = number << 96
        var root: UInt128 = 0
        for bit in stride(from: 36, through: 0, by: -1) {
            let next = root | 1 << UInt128(bit)
            if next * next * next <= target { root = next }
        }
        return UInt32(truncatingIfNeeded: root)
    }
}
