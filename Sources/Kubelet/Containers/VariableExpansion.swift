/// Replaces `$(NAME)` in commands, arguments and values; `$$(NAME)` stays as `$(NAME)`, an unknown name stays as it is.
///
/// - SeeAlso: Kubernetes 1.36 `third_party/forked/golang/expansion/expand.go`.
enum VariableExpansion {
    static func expand(_ text: String, _ lookup: (String) -> String?) -> String {
        guard text.utf8.contains(0x24) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x24, index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case 0x24:
                result.append(0x24)
                index += 2
            case 0x28:
                guard let end = bytes[(index + 2)...].firstIndex(of: 0x29) else {
                    result += [0x24, 0x28]
                    index += 2
                    continue
                }
                let name = String(decoding: bytes[(index + 2)..<end], as: UTF8.self)
                if let value = lookup(name) {
                    result += Array(value.utf8)
                } else {
                    result += bytes[index...end]
                }
                index = end + 1
            default:
                result += bytes[index...(index + 1)]
                index += 2
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
