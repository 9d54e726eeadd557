/// Refuses text that nests so deep that a recursive reader would run out of stack.
///
/// An upper bound, not a parser: brackets and `- ` in quoted text count too, as only absurd texts have that many.
enum NestingGuard {
    /// The first line (from one) on which nesting may exceed `depthMax`; nil when none does.
    static func firstTooDeep(_ bytes: [UInt8], depthMax: Int) -> Int? {
        var line = 1
        var brackets = 0
        var dashes = 0
        var column = 0
        var leading = true
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                (dashes, column, leading) = (0, 0, true)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(0, brackets - 1)
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                // Only before a space is it an indicator; a ruler of dashes in a text is not.
                if leading, index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: " ") { dashes += 1 }
            case UInt8(ascii: " "): column += leading ? 1 : 0
            default: leading = false
            }
            // Each level of a block needs a column of indentation, or a dash on its line.
            if brackets > depthMax * 4 || dashes > depthMax || column > depthMax * 8 { return line }
        }
        return nil
    }
}
