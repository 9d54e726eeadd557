/// One word of an expression's text.
struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case identifier(String)
        /// `` `a-b.c/d` ``: a field name that is no identifier.
        case quotedIdentifier(String)
        case int(String)
        case uint(String)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        /// An operator or a bracket, and the words `in`, `true`, `false`, `null`.
        case symbol(String)
        case end
    }

    var kind: Kind
    /// A count of Unicode scalars from the start.
    var offset: Int
    /// As written, for messages.
    var text: String
}
