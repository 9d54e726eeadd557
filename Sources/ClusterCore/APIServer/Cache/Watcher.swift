import API
import Store
import Synchronization

/// How a watch behaves.
struct WatchOptions: Hashable, Sendable {
    var sendsBookmarks = false
    /// Ends the watch; nil: never.
    var endsAt: Duration?
    /// When the first bookmark is due, and the distance of the others.
    var firstBookmarkAt: Duration = .zero
    static let bookmarkInterval: Duration = .seconds(60)
    /// Changes that a watcher may be behind; then it is told to list again.
    static let bufferEventsMax = 2000
}

/// One registered watch: a buffer that the cache fills and a reader empties.
final class Watcher: Sendable {
    enum Item: Sendable {
        case change(CacheEvent)
        case bookmark(Revision)
    }

    let identifier: Int
    let selection: Selection
    let options: WatchOptions
    let buffer = EventBuffer<Item>(countMax: WatchOptions.bufferEventsMax)
    private let nextBookmark: Mutex<Duration>

    init(identifier: Int, selection: Selection, options: WatchOptions) {
        self.identifier = identifier
        self.selection = selection
        self.options = options
        nextBookmark = Mutex(options.firstBookmarkAt)
    }

    /// - Parameter now: The same clock as in `options`.
    func tick(now: Duration, position: Revision) {
        let ending = options.endsAt.map { $0 <= now } ?? false
        if options.sendsBookmarks {
            let due = nextBookmark.withLock { next in
                guard ending || next <= now else { return false }
                next = now + WatchOptions.bookmarkInterval
                return true
            }
            if due { buffer.offer(.bookmark(position)) }
        }
        if ending { buffer.close() }
    }
}
