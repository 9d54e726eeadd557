import API
import HTTP
import JSON
import Machinery
import Streaming

// WATCH: one frame per event, in whole groups; over HTTP, or a message each over WebSocket.
extension APIHandler {
    func watch(_ context: RequestContext, _ options: ListOptions) async throws -> HTTPResponse {
        _ = try context.includedObject
        let frames = WatchFrames(context: context, registry: registry)
        let session: WatchSession
        do {
            session = try await registry.watch(context.kind, namespace: context.info.namespace, options)
        } catch let status as Status where status.isExpired || status.code == 504 {
            // Reflectors expect the refusal of a revision as an event of a watch that began.
            return answer(context, frames, single: frames.error(status))
        }
        let metrics = metrics
        return answer(context, frames) { send in
            defer { session.cancel() }
            var isFirst = true
            while let items = await session.next() {
                metrics.watchEvents(context.kind.gvr, items.count)
                try await frames.send(items, isFirst: &isFirst, by: send)
            }
        }
    }

    private func answer(_ context: RequestContext, _ frames: WatchFrames, single frame: [UInt8]) -> HTTPResponse {
        answer(context, frames) { send in try await send([frame]) }
    }

    /// - Parameter body: Sends frames for as long as the watch lasts.
    private func answer(
        _ context: RequestContext, _ frames: WatchFrames,
        body: @escaping @Sendable (_ send: WatchFrames.Send) async throws -> Void
    ) -> HTTPResponse {
        guard WebSocketHandshake.isAsked(context.request.headers) else {
            return HTTPResponse(
                status: 200, headers: ["content-type": frames.contentType],
                body: .stream { writer in
                    try await body { group in
                        try await writer.write(group.count == 1 ? group[0] : Array(group.joined()))
                    }
                })
        }
        let isText = context.media.encoding == .json
        return WebSocketHandshake.accept(
            context.request, subprotocol: WebSocketHandshake.offeredProtocols(context.request.headers).first
        ) { channel in
            let socket = WebSocketConnection(channel: channel, role: .server)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await body { group in
                        for frame in group { try await socket.send(frames.withoutLength(frame), isText: isText) }
                    }
                }
                // What the client says is ignored; that it went away is not.
                group.addTask { while (try? await socket.receive()) ?? nil != nil {} }
                await group.next()
                await socket.close(code: 1000)
                group.cancelAll()
            }
        }
    }
}

/// Turns a watch's items into frames of its encoding.
private struct WatchFrames: Sendable {
    /// Takes frames that are there together.
    typealias Send = @Sendable (_ group: [[UInt8]]) async throws -> Void

    /// A group is sent when it has grown to this, so that the first look at a large collection is never in memory as a whole.
    private static let groupBytes = 64 * 1024

    let context: RequestContext
    let registry: ObjectRegistry

    var contentType: String { context.media.encoding.streamType ?? AnswerEncoding.json.rawValue }

    func send(_ items: [WatchSession.Item], isFirst: inout Bool, by send: Send) async throws {
        var group: [[UInt8]] = []
        var bytes = 0
        for item in items {
            let frame = frame(item, isFirst: &isFirst)
            group.append(frame)
            bytes += frame.count
            guard bytes >= Self.groupBytes else { continue }
            try await send(group)
            group = []
            bytes = 0
        }
        if !group.isEmpty { try await send(group) }
    }

    func error(_ status: Status) -> [UInt8] {
        switch context.media.encoding {
        case .protobuf:
            ProtobufFraming.watchFrame(
                type: WatchEvent.Kind.error.rawValue, object: ProtobufFraming.document(status.json) ?? [])
        case .json, .yaml: WatchFrame.line(.error, JSONWriter.write(status.json))
        }
    }

    /// A WebSocket says itself where a message ends.
    func withoutLength(_ frame: [UInt8]) -> [UInt8] {
        context.media.encoding == .protobuf ? Array(frame.dropFirst(4)) : frame
    }

    private func frame(_ item: WatchSession.Item, isFirst: inout Bool) -> [UInt8] {
        switch item {
        case .failed(let status): return error(status)
        case .bookmark(let revision, let initialEnd):
            let object = Bookmark.object(context.kind, revision, initialEnd: initialEnd)
            return written(.bookmark, shaped(object, isFirst: &isFirst))
        case .change(let type, let object, let event):
            if context.form == .table {
                return written(type, shaped(registry.tree(object, as: context.kind), isFirst: &isFirst))
            }
            guard let event else { return made(type, object) }
            return event.frame(
                CacheEvent.FrameKey(type: type, resource: context.kind.gvr, media: context.media)
            ) { made(type, object) }
        }
    }

    /// A frame that every watcher of this encoding and form is sent.
    private func made(_ type: WatchEvent.Kind, _ object: CachedObject) -> [UInt8] {
        switch (context.form, context.media.encoding) {
        case (.object, .json), (.object, .yaml): return WatchFrame.line(type, registry.bytes(object, as: context.kind))
        case (.object, .protobuf):
            let message = registry.message(object, as: context.kind)
            return ProtobufFraming.watchFrame(
                type: type.rawValue, object: ProtobufFraming.object(message, context.kind.gvk))
        case (.metadata, _), (.table, _):
            return written(type, APIHandler.partial(registry.tree(object, as: context.kind), context.media.version))
        }
    }

    private func written(_ type: WatchEvent.Kind, _ tree: JSONValue) -> [UInt8] {
        guard context.media.encoding == .protobuf else { return WatchFrame.line(type, JSONWriter.write(tree)) }
        return ProtobufFraming.watchFrame(type: type.rawValue, object: ProtobufFraming.document(tree) ?? [])
    }

    private func shaped(_ object: JSONValue, isFirst: inout Bool) -> JSONValue {
        defer { isFirst = false }
        switch context.form {
        case .object: return object
        case .metadata: return APIHandler.partial(object, context.media.version)
        case .table:
            return TablePrinter.table(
                context.kind, [object],
                metadata: ["resourceVersion": object["metadata"]?["resourceVersion"] ?? ""],
                now: registry.environment.now(), includeObject: (try? context.includedObject) ?? .metadata,
                version: context.tableVersion, columns: isFirst)
        }
    }
}
