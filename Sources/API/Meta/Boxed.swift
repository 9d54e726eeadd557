/// An optional value outside of the struct that has it: one word where it is absent.
///
/// For large values that few objects have, in structs of which a process holds very many.
@propertyWrapper
package struct Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    private indirect enum Storage: Hashable, Sendable {
        case absent
        case present(Value)
    }

    private var storage: Storage

    package init(wrappedValue: Value?) { storage = wrappedValue.map { .present($0) } ?? .absent }

    package var wrappedValue: Value? {
        get { if case .present(let value) = storage { value } else { nil } }
        set { storage = newValue.map { .present($0) } ?? .absent }
    }
}

/// A value outside of the struct that has it: one word where it is as a new one, which it is in most objects.
@propertyWrapper
package struct Rare<Value: HasUsualValue & Hashable & Sendable>: Hashable, Sendable {
    @Boxed private var unusual: Value?

    package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    package var wrappedValue: Value {
        get { unusual ?? Value() }
        set { unusual = newValue == Value() ? nil : newValue }
    }
}

/// A type whose new value says that nothing was asked for.
package protocol HasUsualValue {
    init()
}
