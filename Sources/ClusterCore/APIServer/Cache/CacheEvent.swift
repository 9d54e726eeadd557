import API
import Store
import Synchronization

/// One change of one object; shared by every watcher, as is its encoding.
final class CacheEvent: Sendable {
    let revision: Revision
    /// The object after the change; nil when it was deleted.
    let current: CachedObject?
    /// The object before, with the revision of this event, as a watcher that no longer sees the object must be told of it.
    let gone: CachedObject?
    /// The object before, as it was.
    let previous: CachedObject?
    /// Few, so that looking through them is quicker than hashing a key for every watcher.
    private let frames = Mutex<[(key: FrameKey, bytes: [UInt8])]>([])

    /// What watchers of one kind are sent: those of one encoding and form share it.
    struct FrameKey: Equatable {
        var type: WatchEvent.Kind
        var resource: GroupVersionResource
        var media: AnswerMedia
    }

    init(revision: Revision, current: CachedObject?, previous: CachedObject?, gone: CachedObject?) {
        self.revision = revision
        self.current = current
        self.previous = previous
        self.gone = gone
    }

    var key: NamespacedName { (current ?? gone)?.key ?? NamespacedName(name: "") }

    /// What a watcher with this selection is told; nil when the change does not concern it.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/storage/cacher/cache_watcher.go`, `convertToWatchEvent`.
    func change(for selection: Selection) -> (WatchEvent.Kind, CachedObject)? {
        let now = current.map { $0.matches(selection) } ?? false
        let before = previous.map { $0.matches(selection) } ?? false
        switch (before, now) {
        case (false, true): return current.map { (.added, $0) }
        case (true, true): return current.map { (.modified, $0) }
        case (true, false): return gone.map { (.deleted, $0) }
        case (false, false): return nil
        }
    }

    /// A frame of a watch; made once per type, encoding and form.
    func frame(_ key: FrameKey, _ make: () -> [UInt8]) -> [UInt8] {
        if let known = frames.withLock({ Self.known(key, $0) }) { return known }
        // Outside the lock, so that watchers of other encodings do not wait.
        let frame = make()
        return frames.withLock { frames in
            if let known = Self.known(key, frames) { return known }
            frames.append((key, frame))
            return frame
        }
    }

    private static func known(_ key: FrameKey, _ frames: [(key: FrameKey, bytes: [UInt8])]) -> [UInt8]? {
        for entry in frames where entry.key == key { return entry.bytes }
        return nil
    }
}

/// Lines of a watch.
enum WatchFrame {
    static func line(_ kind: WatchEvent.Kind, _ object: [UInt8]) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(object.count + 40)
        line += "{\"type\":\"".utf8
        line += kind.rawValue.utf8
        line += "\",\"object\":".utf8
        line += object
        line += "}\n".utf8
        return line
    }
}
