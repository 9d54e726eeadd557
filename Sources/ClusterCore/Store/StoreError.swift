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
    /// Another process has the store open.
    case locked(path: String)
    /// The file was written by a newer version of this program.
    case newerFormat(found: Int, known: Int)
    /// Anything else that the disk or SQLite says.
    case failed(code: Int, message: String)
    case closed
}
