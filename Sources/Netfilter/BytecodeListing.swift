import CNFTNL
package import NFTables

/// Rules in libnftnl's notation: `[ payload load 4b @ network header + 16 => reg 1 ]`.
///
/// The notation belongs to the libnftnl release (here 1.2.4).
package enum BytecodeListing {
    /// One line per instruction.
    ///
    /// - Parameter asReported: With the fields that the kernel adds when it shows a rule.
    package static func list(_ rule: Rule, in family: TableFamily, asReported: Bool = false) -> [String] {
        guard let object = nftnl_rule_alloc() else { return [] }
        defer { nftnl_rule_free(object) }
        InstructionEncoder.append(
            Lowering.lower(rule, in: family), to: object, family: family, asReported: asReported)
        return list(object)
    }

    /// The expressions of a libnftnl rule; the numbers of a counter are left out.
    static func list(_ rule: OpaquePointer) -> [String] {
        var lines: [String] = []
        withUnsafeMutablePointer(to: &lines) { pointer in
            // SAFETY: the callback runs before this call returns, and the pointer is of the type it casts to.
            _ = nftnl_expr_foreach(
                rule,
                { expression, context in
                    guard let expression, let context else { return 0 }
                    context.assumingMemoryBound(to: [String].self).pointee.append(BytecodeListing.line(expression))
                    return 0
                }, pointer)
        }
        return lines
    }

    private static func line(_ expression: OpaquePointer) -> String {
        let name = nftnl_expr_get_str(expression, UInt16(NFTNL_EXPR_NAME)).map { String(cString: $0) } ?? ""
        if name == "counter" { return "[ counter ]" }
        let text = [CChar](unsafeUninitializedCapacity: 512) { buffer, count in
            let length = nftnl_expr_snprintf(
                buffer.baseAddress, buffer.count, expression, UInt32(NFTNL_OUTPUT_DEFAULT.rawValue), 0)
            count = max(0, min(Int(length), buffer.count - 1))
        }
        let body = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "[ \(name) \(body)]"
    }
}
