import API
import HTTP
import JSON
import Machinery

// WATCH: one line per event, in whole groups.
extension APIHandler {
    func watch(_ context: RequestContext, _ options: ListOptions) async throws -> HTTPResponse {
        let session: WatchSession
        do {
            session = try await registry.watch(context.kind, namespace: context.info.namespace, options)
        } catch let status as Status where status.isExpired {
            // Reflectors expect the refusal of an old revision as an event.
            let line = WatchFrame.line(.error, JSONWriter.write(status.json))
            return HTTPResponse(status: 200, headers: Responses.jsonHeaders, body: .bytes(line))
        }
        let lines = WatchLines(context: context, registry: registry)
        return HTTPResponse(
            status: 200, headers: Responses.jsonHeaders,
            body: .stream { writer in
                defer { session.cancel() }
                var isFirst = true
                do throws(Status) {
                    while let items = try await session.next() {
                        let bytes = lines.bytes(items, isFirst: &isFirst)
                        do { try await writer.write(bytes) } catch { return }
                    }
                } catch {
                    try await writer.write(WatchFrame.line(.error, JSONWriter.write(error.json)))
                }
            })
    }
}

/// Turns a watch's items into lines.
private struct WatchLines: Sendable {
    let context: RequestContext
    let registry: ObjectRegistry

    func bytes(_ items: [WatchSession.Item], isFirst: inout Bool) -> [UInt8] {
        if items.count == 1 { return line(items[0], isFirst: &isFirst) }
        var bytes: [UInt8] = []
        for item in items { bytes += line(item, isFirst: &isFirst) }
        return bytes
    }

    private func line(_ item: WatchSession.Item, isFirst: inout Bool) -> [UInt8] {
        switch item {
        case .bookmark(let revision, let initialEnd):
            let object = Bookmark.object(context.kind, revision, initialEnd: initialEnd)
            return WatchFrame.line(.bookmark, JSONWriter.write(shaped(object, isFirst: &isFirst)))
        case .change(let type, let object, let event):
            if context.form == .object, context.kind.gvr == context.kind.storage {
                return event?.frame(type, object) ?? WatchFrame.line(type, object.bytes)
            }
            let tree = registry.tree(object, as: context.kind)
            return WatchFrame.line(type, JSONWriter.write(shaped(tree, isFirst: &isFirst)))
        }
    }

    private func shaped(_ object: JSONValue, isFirst: inout Bool) -> JSONValue {
        defer { isFirst = false }
        switch context.form {
        case .object: return object
        case .metadata: return APIHandler.partial(object)
        case .table:
            return TablePrinter.table(
                context.kind, [object],
                metadata: ["resourceVersion": object["metadata"]?["resourceVersion"] ?? ""],
                now: registry.environment.now(), includeObject: context.includedObject, version: context.tableVersion,
                columns: isFirst)
        }
    }
}
