/// Why the store did not do what was asked.
package enum StoreError: Error, Hashable, Sendable {
    case keyExists(String)
    case keyNotFound(String)
    /// The key has another revision than the caller expected.
    case revisionMismatch(key: String, actual: Revision)
    /// History up to `compacted` is gone; the revision asked for is older.
    case compacted(Revision)
    /// The revision asked for has not been written yet.
    case futureRevision(current: Revision)
    /// A watcher did not take its events in time; it must list again.
    case watcherTooSlow
    /// The disk or the store's own limit is full: nothing was written, reading goes on.
    case full
    /// The database of etcd has reached its quota: nothing was written, reading goes on.
    case quotaExceeded
    /// One value is larger than the store takes.
    case tooLarge
    /// The store's server does not answer, or did not in time; the text says where it was looked for and what to do.
    case unavailable(String)
    /// The store's server knows us and says no; the text says what to do.
    case denied(String)
    /// The store's server is older than what we can use.
    case unsupportedServer(found: String, needed: String)
    /// The store is at a revision before one that it had: it was restored, or is another one.
    case historyWentBack(seen: Revision, found: Revision)
    /// Another process has the store open.
    case locked(path: String)
    /// The file was written by a newer version of this program.
    case newerFormat(found: Int, known: Int)
    /// Anything else that the disk or SQLite says.
    case failed(code: Int, message: String)
    case closed
}

extension StoreError: CustomStringConvertible {
    /// What happened and what to do about it, for logs and for who started the server.
    package var description: String {
        switch self {
        case .keyExists(let key): "the key \(key) exists"
        case .keyNotFound(let key): "there is no key \(key)"
        case .revisionMismatch(let key, let actual): "the key \(key) is at revision \(actual), not at the one expected"
        case .compacted(let revision): "history up to revision \(revision) has been compacted"
        case .futureRevision(let current): "that revision has not been written yet; the newest is \(current)"
        case .watcherTooSlow: "the watcher did not take its events in time"
        case .full: "the disk of the store is full: nothing was written; free some space and write again"
        case .quotaExceeded:
            "the database of etcd is full: nothing was written; compact and defragment it (etcdctl defrag), or raise"
                + " --quota-backend-bytes, then run: etcdctl alarm disarm"
        case .tooLarge: "etcdserver: request is too large"
        case .unavailable(let text), .denied(let text): text
        case .unsupportedServer(let found, let needed):
            "etcd \(found) is older than \(needed), the oldest that this server can use: upgrade it"
        case .historyWentBack(let seen, let found):
            "the store is at revision \(found), but had been at \(seen): it was restored or replaced; start the server again"
        case .locked(let path): "the store \(path) is in use by another process: stop that server first"
        case .newerFormat(let found, let known):
            "the store was written by a newer version of this program (format \(found), this one knows up to \(known)):"
                + " use that version, or restore a backup of this one"
        case .failed(_, let message): message
        case .closed: "the store is closed"
        }
    }
}
