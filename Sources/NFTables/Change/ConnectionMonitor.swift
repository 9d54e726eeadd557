/// What the kernel reports of TCP connections.
package enum ConnectionEvent: Hashable, Sendable {
    /// The first packet went on its way, translated as the flow says.
    case began(Flow)
    /// The entry is gone.
    ///
    /// - Parameter wasRefused: A reset was the first and only answer.
    case ended(Flow, wasRefused: Bool)
}

/// What was reported in one interval.
package struct ConnectionNews: Hashable, Sendable {
    /// In the order in which the kernel told them.
    package var events: [ConnectionEvent]
    /// There was more than the monitor takes or the kernel keeps.
    package var isIncomplete: Bool

    package init(_ events: [ConnectionEvent] = [], isIncomplete: Bool = false) {
        self.events = events
        self.isIncomplete = isIncomplete
    }
}

/// Reports connections as they begin and end, at the price of an event for each of them; nothing while it is not listening.
package protocol ConnectionMonitor: Sendable {
    /// From here on the kernel makes events.
    ///
    /// - Throws: `ApplyError.notSupported` where the kernel makes none, by its build or a setting.
    func start() async throws(ApplyError)

    /// The kernel makes no more events.
    func stop() async

    /// What happened since the last call: collects for the whole interval, so that a caller runs at a steady pace.
    func news(within interval: Duration) async throws(ApplyError) -> ConnectionNews

    /// These connections as they are now; nil for one that is gone.
    func look(at flows: [Flow]) async throws(ApplyError) -> [Flow?]
}
