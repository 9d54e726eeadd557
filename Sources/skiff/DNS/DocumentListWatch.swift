import API
import ControlLoop
import JSON
import Lab
import Proxy

/// A file of objects as a source that never changes. It is read for each listing and not kept: the trees of thirty thousand Services
/// are ten times as large as what the name server makes of them.
actor DocumentListWatch: ListWatch {
    private let path: String

    /// Throws when the file cannot be read or is no JSON.
    init(_ path: String) throws {
        self.path = path
        _ = try JSONParser.parse(try FileTree.read(path))
    }

    func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        try await StaticListWatch(document: try JSONParser.parse(try FileTree.read(path))).list(resource, scope: scope)
    }

    func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
    {
        try await StaticListWatch([]).watch(resource, scope: scope, from: resourceVersion)
    }
}
