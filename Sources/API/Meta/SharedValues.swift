/// Keeps one copy of values that many objects have in common, so that equal ones need memory once.
///
/// Two generations: what was not asked for while the younger one filled up is forgotten with the older one, so values that
/// never come again cost a bounded amount.
package struct SharedValues<Value: Hashable & Sendable>: Sendable {
    private var young: Set<Value> = []
    private var old: Set<Value> = []
    private let countMax: Int

    /// - Parameter countMax: Values of one generation.
    package init(countMax: Int = 4096) { self.countMax = countMax }

    /// An equal value: the one that was seen first, or this one.
    package mutating func shared(_ value: Value) -> Value {
        if let index = young.firstIndex(of: value) { return young[index] }
        let kept = old.firstIndex(of: value).map { old[$0] } ?? value
        if young.count >= countMax {
            old = young
            young = []
        }
        young.insert(kept)
        return kept
    }

    /// Of both generations.
    package var count: Int { young.count + old.count }
}

extension SharedValues<String> {
    /// Texts of up to 15 bytes need no memory of their own.
    private static var inlineBytesMax: Int { 15 }

    package mutating func share(_ text: inout String) {
        if text.utf8.count > Self.inlineBytesMax { text = shared(text) }
    }
}

extension SharedValues where Value: Collection {
    package mutating func share(_ value: inout Value) {
        if !value.isEmpty { value = shared(value) }
    }
}
