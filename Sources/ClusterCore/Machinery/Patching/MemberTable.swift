import JSON

/// The members of an object while many of them change: look-up by hash, order kept.
struct MemberTable {
    private var members: [JSONObject.Member?]
    private var positions: [String: Int]

    init(_ object: JSONObject) {
        members = object.members
        positions = Dictionary(object.members.enumerated().map { ($1.key, $0) }) { first, _ in first }
    }

    subscript(key: String) -> JSONValue? {
        get { positions[key].flatMap { members[$0]?.value } }
        set {
            switch (positions[key], newValue) {
            case (let position?, let value?): members[position] = JSONObject.Member(key: key, value: value)
            case (let position?, .none):
                members[position] = nil
                positions[key] = nil
            case (.none, let value?):
                positions[key] = members.count
                members.append(JSONObject.Member(key: key, value: value))
            case (.none, .none): break
            }
        }
    }

    var object: JSONObject { JSONObject(members.compactMap { $0 }) }
}
