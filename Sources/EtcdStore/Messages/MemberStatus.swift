/// What a member says of itself: the answer of `Maintenance.Status`.
///
/// - SeeAlso: etcd 3.4 `etcdserver/etcdserverpb/rpc.proto`, `StatusResponse`.
package struct MemberStatus: Hashable, Sendable {
    /// `3.4.23`.
    var version = ""
    private var identifier: Int64 = 0
    /// Zero: the member knows none.
    private var leader: Int64 = 0

    package var isLeader: Bool { leader != 0 && leader == identifier }

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1:
                var header = FieldReader(value.content)
                while let (number, value) = try header.next() {
                    if number == 2 { identifier = value.integer }
                }
            case 2: version = value.text
            case 4: leader = value.integer
            default: break
            }
        }
    }

    /// Nil for bytes that are no message.
    package init?(_ bytes: [UInt8]) {
        guard let status = try? MemberStatus(bytes[...]) else { return nil }
        self = status
    }
}
