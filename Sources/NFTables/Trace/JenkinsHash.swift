/// The hash that nf_tables' `jhash` computes, so that a trace draws the slot that the kernel will.
///
/// - SeeAlso: Linux `include/linux/jhash.h`; Bob Jenkins, lookup3.
package enum JenkinsHash {
    private static let initial: UInt32 = 0xdead_beef

    /// Words are read in the host's order, as the kernel reads them.
    package static func hash(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
        let start = initial &+ UInt32(bytes.count) &+ seed
        var (a, b, c) = (start, start, start)
        var rest = bytes[...]
        func word(_ offset: Int) -> UInt32 {
            var value: UInt32 = 0
            for index in 0..<4 where offset + index < rest.count {
                value |= UInt32(rest[rest.startIndex + offset + index]) << UInt32(8 * index)
            }
            return value
        }
        while rest.count > 12 {
            a &+= word(0)
            b &+= word(4)
            c &+= word(8)
            mix(&a, &b, &c)
            rest = rest.dropFirst(12)
        }
        if rest.isEmpty { return c }
        a &+= word(0)
        b &+= word(4)
        c &+= word(8)
        finish(&a, &b, &c)
        return c
    }

    private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        a &-= c
        a ^= turned(c, 4)
        c &+= b
        b &-= a
        b ^= turned(a, 6)
        a &+= c
        c &-= b
        c ^= turned(b, 8)
        b &+= a
        a &-= c
        a ^= turned(c, 16)
        c &+= b
        b &-= a
        b ^= turned(a, 19)
        a &+= c
        c &-= b
        c ^= turned(b, 4)
        b &+= a
    }

    private static func finish(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        c ^= b
        c &-= turned(b, 14)
        a ^= c
        a &-= turned(c, 11)
        b ^= a
        b &-= turned(a, 25)
        c ^= b
        c &-= turned(b, 16)
        a ^= c
        a &-= turned(c, 4)
        b ^= a
        b &-= turned(a, 14)
        c ^= b
        c &-= turned(b, 24)
    }

    private static func turned(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
}
