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
    /// Elements may be ranges: of a concatenation (nf_tables' pipapo set), or of a single address, and then every one has
    /// an end and none touches another (its red-black tree).
    package var isInterval: Bool
    /// Not nil: packets write the elements (`Statement.updateMap`), at most this many, and each has an end of life. A comparison of
    /// rulesets leaves them alone.
    package var dynamicSizeMax: UInt32?
    /// The kernel counts the packets and bytes that met each element. A comparison of rulesets leaves the numbers alone.
    package var isCounted: Bool
    package var elements: [ElementKey: ElementValue]

    package init(
        _ name: String, key: [FieldType], value: Value? = nil, isInterval: Bool = false, dynamicSizeMax: UInt32? = nil,
        isCounted: Bool = false, elements: [ElementKey: ElementValue] = [:]
    ) {
        precondition(!key.isEmpty, "set \(name): no key")
        precondition(
            !isInterval || key.count > 1 || value == nil && [.ipv4Address, .ipv6Address].contains(key[0]),
            "set \(name): ranges over a single field that is no address, or a map of them")
        self.name = name
        self.key = key
        self.value = value
        self.isInterval = isInterval
        self.dynamicSizeMax = dynamicSizeMax
        self.isCounted = isCounted
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
            && dynamicSizeMax == other.dynamicSizeMax && isCounted == other.isCounted
    }
}

/// The key of an element: one value, or a range in each field up to `end`, both inclusive.
package struct ElementKey: Hashable, Sendable, Comparable {
    package var start: KeyBytes
    /// Apart, because few keys have one and each byte counts a hundred thousand times.
    private var bound: Bound?

    package init(_ start: KeyBytes, end: KeyBytes? = nil) {
        self.start = start
        bound = end.map(Bound.init)
    }

    package var end: KeyBytes? { bound?.bytes }

    private final class Bound: Hashable, Sendable {
        let bytes: KeyBytes

        init(_ bytes: KeyBytes) { self.bytes = bytes }

        static func == (left: Bound, right: Bound) -> Bool { left.bytes == right.bytes }
        func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
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
