/// Puts compact JSON into lines, two spaces a level, without reading it into a tree.
enum PrettyJSON {
    static func indent(_ source: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(source.count * 2)
        var depth = 0
        var isInString = false
        var isEscaped = false
        func newLine() {
            output.append(0x0a)
            for _ in 0..<depth { output += [0x20, 0x20] }
        }
        for (index, byte) in source.enumerated() {
            if isInString {
                output.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
                output.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                output.append(byte)
                let next = index + 1 < source.count ? source[index + 1] : 0
                depth += 1
                if next != UInt8(ascii: "}"), next != UInt8(ascii: "]") { newLine() }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                let before = source[max(0, index - 1)]
                if before != UInt8(ascii: "{"), before != UInt8(ascii: "[") { newLine() }
                output.append(byte)
            case UInt8(ascii: ","):
                output.append(byte)
                newLine()
            case UInt8(ascii: ":"): output += [byte, 0x20]
            case 0x20, 0x0a, 0x0d, 0x09: break
            default: output.append(byte)
            }
        }
        output.append(0x0a)
        return output
    }
}
