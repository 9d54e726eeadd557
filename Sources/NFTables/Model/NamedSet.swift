/// A named set, or a named map when it has a value type.
package struct NamedSet: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case fields([FieldType])
        case verdict
    }

    package let name: String
    /// Two or more fields make a concatenation.
    package var key: [FieldType]
    /// Nil: a set.
    package var value: Value?
    /// Elements may be ranges; the key must be a concatenation then (nf_tables' pipapo set).
    package var isInterval: Bool
    /// Not nil: packets write the elements (`Statement.updateMap`), at most this many, and each has an end of life. A comparison of
    /// rulesets leaves them alone.
    package var dynamicSizeMax: UInt32?
    package var elements: [ElementKey: ElementValue]

    package init(
        _ name: String, key: [FieldType], value: Value? = nil, isInterval: Bool = false, dynamicSizeMax: UInt32? = nil,
        elements: [ElementKey: ElementValue] = [:]
    ) {
        precondition(!key.isEmpty && (!isInterval || key.count > 1), "set \(name): no key, or a range over a single field")
        self.name = name
        self.key = key
        self.value = value
        self.isInterval = isInterval
        self.dynamicSizeMax = dynamicSizeMax
        self.elements = elements
    }

    package var isMap: Bool { value != nil }
    package var isDynamic: Bool { dynamicSizeMax != nil }

    /// The set without its elements: what must be equal for elements to be exchanged one by one.
    package var declaration: NamedSet {
        var copy = self
        copy.elements = [:]
        return copy
    }

    package func declaredLike(_ other: NamedSet) -> Bool {
        name == other.name && key == other.key && value == other.value && isInterval == other.isInterval
            && dynamicSizeMax == other.dynamicSizeMax
    }
}

/// The key of an element: one value, or a range in each field up to `end`, both inclusive.
package struct ElementKey: Hashable, Sendable, Comparable {
    package var start: KeyBytes
    package var end: KeyBytes?

    package init(_ start: KeyBytes, end: KeyBytes? = nil) {
        self.start = start
        self.end = end
    }

    package static func < (left: ElementKey, right: ElementKey) -> Bool {
        left.start == right.start ? (left.end ?? left.start) < (right.end ?? right.start) : left.start < right.start
    }
}

/// What a map says for a key.
package enum ElementValue: Hashable, Sendable {
    /// An element of a set.
    case none
    case fields(KeyBytes)
    case verdict(Verdict)
}

/// An element with its key.
package struct Element: Hashable, Sendable {
    package var key: ElementKey
    package var value: ElementValue

    package init(_ key: ElementKey, _ value: ElementValue = .none) {
        self.key = key
        self.value = value
    }

    package init(_ key: KeyBytes, _ value: ElementValue = .none) { self.init(ElementKey(key), value) }
}
