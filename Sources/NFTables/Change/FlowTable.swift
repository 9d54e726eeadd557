package import NetworkTypes

/// The connection table, one connection at a time.
package protocol FlowTable: Sendable {
    /// Every tracked connection of a family whose protocol has ports.
    func flows(_ family: IPFamily) async throws(ApplyError) -> [Flow]

    /// Deletes the entries of these connections; one that is gone already is a success.
    func forget(_ flows: [Flow]) async throws(ApplyError)
}
