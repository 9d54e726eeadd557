import API
import ControlLoop
import Glibc
import JSON
import Lab
import YAML

/// A file of objects as a source: a JSON document, or a stream of YAML documents. Reads it again when it changes.
struct ObjectsFile: ListWatch {
    /// How often the file is looked at.
    private static let interval: Duration = .milliseconds(50)

    let path: String

    init(_ path: String) throws {
        self.path = path
        _ = try objects()
    }

    func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        let version = try version()
        let items = try objects().filter { object in
            object["apiVersion"]?.string == resource.groupVersion
                && object["kind"]?.string.map(Self.resourceName) == resource.resource
        }
        return ListResult(items: items, resourceVersion: version)
    }

    func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
    {
        while try version() == resourceVersion { try await ContinuousClock().sleep(for: Self.interval) }
        throw Status(code: 410, reason: "Expired", message: "the file changed")
    }

    private func objects() throws -> [JSONValue] {
        let bytes = try FileTree.read(path)
        if let json = try? JSONParser.parse(bytes) { return Self.flatten(json) }
        return try YAMLDecoder.decodeAll(String(decoding: bytes, as: UTF8.self)).flatMap(Self.flatten)
    }

    private static func flatten(_ value: JSONValue) -> [JSONValue] {
        if let values = value.array { return values.flatMap(flatten) }
        if let items = value["items"]?.array { return items.flatMap(flatten) }
        return value.object == nil ? [] : [value]
    }

    /// Grows with every change of the file: its time in nanoseconds.
    private func version() throws -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Refusal("cannot look at \(path): errno \(errno)", remedy: "give a file that can be read")
        }
        return String(Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
    }

    private static func resourceName(_ kind: String) -> String {
        let name = kind.lowercased()
        if name.hasSuffix("y") { return name.dropLast() + "ies" }
        return name.hasSuffix("s") ? name : name + "s"
    }
}
