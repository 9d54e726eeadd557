import JSON

extension JSONValue {
    /// Writes `value` where the member is absent or null.
    mutating func setDefault(_ name: String, _ value: JSONValue) {
        if self[name]?.isNull ?? true { self[name] = value }
    }

    /// Edits a member in place; nothing happens when it is absent or null.
    mutating func edit(_ name: String, _ change: (inout JSONValue) -> Void) {
        guard var value = self[name], !value.isNull else { return }
        self[name] = .null
        change(&value)
        self[name] = value
    }

    /// Edits every element of a list in place; nothing happens when there is none.
    mutating func editEach(_ name: String, _ change: (inout JSONValue) -> Void) {
        guard case .array(var values)? = self[name] else { return }
        self[name] = .null
        for index in values.indices { change(&values[index]) }
        self[name] = .array(values)
    }

    /// The elements of a member that is a list, else none.
    func elements(_ name: String) -> [JSONValue] { self[name]?.array ?? [] }

    /// The member's text; empty when it has none.
    func text(_ name: String) -> String { self[name]?.string ?? "" }

    /// True when the member is there and not null.
    func has(_ name: String) -> Bool { !(self[name]?.isNull ?? true) }
}
