import JSON
import Support
import Testing

@testable import CEL

/// Texts that are nearly expressions: nothing crashes, nothing hangs.
@Suite struct ExpressionFuzzTests {
    private static let pieces = [
        "object", ".", "name", "[", "]", "(", ")", "{", "}", "1", "0", "'a'", "b'x'", "+", "-", "*", "/", "%", "==", "!=", "<",
        "in", "&&", "||", "?",
        ":", ",", "!", "has(", ".all(x,", ".map(x,", ".filter(x,", "x", "true", "null", "size(", ".size()", "9223372036854775807",
        "1.5", "2u", "'%d'",
        ".format([", ".matches(", "'[a-'", "optional.of(", ".?a", "[?0]", "type(", "int(", "timestamp('2024-01-01T00:00:00Z')",
        "duration('1s')", "quantity('1')",
        ".orValue(", "Object{", ".transformMap(k,v,", "\"", "\\", "`", "\n", "//", "é", "\u{0}",
    ]

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `survives random texts`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for round in 0..<400 {
            let count = Int(random.next() % 24) + 1
            let text = (0..<count).map { _ in Self.pieces[Int(random.next() % UInt64(Self.pieces.count))] }.joined()
            #expect(!ExpressionFixture.show(text).isEmpty, "seed \(seed), round \(round): \(text)")
        }
    }

    private static let seeds = [
        "object.items.all(i, i.name.matches('^[a-z]+$') && i.n > 0)",
        "has(object.labels) && object.labels.exists(k, v, k == 'app' && v == 'a')",
        "object.?spec.?replicas.orValue(1) > 0 ? 'a' : 'b'", "'%s: %.2f'.format([object.name, object.ratio])",
        "[1, 2].transformMap(i, v, i < 1, v)",
        "timestamp('2024-01-01T00:00:00Z') + duration('1h') > timestamp('2023-01-01T00:00:00Z')",
        "quantity('1Gi').add(quantity('1Mi')).asInteger()",
        "cidr('10.0.0.0/8').containsIP('10.0.0.1') && url('https://a/b').getHost() == 'a'", "r'\\d' + '''x''' + b'\\xff'.size()",
    ]

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func `survives damaged expressions`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for text in Self.seeds {
            for round in 0..<60 {
                var bytes = Array(text.utf8)
                for _ in 0...Int(random.next() % 4) {
                    let place = Int(random.next() % UInt64(bytes.count))
                    switch random.next() % 3 {
                    case 0: bytes[place] = UInt8(random.next() % 128)
                    case 1: bytes.remove(at: place)
                    default: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: place)
                    }
                    if bytes.isEmpty { bytes = [0x31] }
                }
                let damaged = String(decoding: bytes, as: UTF8.self)
                #expect(!ExpressionFixture.show(damaged).isEmpty, "seed \(seed), round \(round): \(damaged)")
            }
        }
    }
}
