/// The members of a JSON object in the order in which they were written.
///
/// Objects of Kubernetes have few members, so look-up is a scan; equality ignores the order.
package struct JSONObject: Sendable {
    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    package var members: [Member]

    package init(_ members: [Member] = []) { self.members = members }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }
    package var keys: [String] { members.map { $0.key } }

    package func index(of key: String) -> Int? { members.firstIndex { $0.key == key } }

    /// Reading a repeated key gives its first value; writing nil removes the member, a new key goes last.
    package subscript(key: String) -> JSONValue? {
        get {
            guard let index = index(of: key) else { return nil }
            return members[index].value
        }
        set {
            if let index = index(of: key) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(key: key, value: newValue))
            }
        }
    }

    /// Every string member as a dictionary; members of another type are left out.
    package var strings: [String: String] {
        var result: [String: String] = [:]
        for member in members {
            if let text = member.value.string { result[member.key] = text }
        }
        return result
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.members.count == right.members.count else { return false }
        if left.members == right.members { return true }
        if left.members.count > 16 {
            var lookup: [String: JSONValue] = [:]
            for member in right.members where lookup[member.key] == nil { lookup[member.key] = member.value }
            return left.members.allSatisfy { lookup[$0.key] == $0.value }
        }
        return left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members {
            var inner = Hasher()
            inner.combine(member)
            sum ^= inner.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { Member(key: $0.0, value: $0.1) }
    }
}

extension JSONObject: Sequence {
    package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
