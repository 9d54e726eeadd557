import NIOCore
import Synchronization

/// One request on its way through the handler and back. Cancelled when the client goes away.
final class Exchange: Sendable {
    private let request: HTTPRequest
    private let loop: any EventLoop
    private let connection: NIOLoopBound<RequestHandler>
    private let cancellation = Mutex(Cancellation())

    private struct Cancellation {
        var isCancelled = false
        var task: RunningTask?
    }

    // SAFETY: `cancel()` is allowed from any thread while the task lives; `Exchange` holds it only during `run`, under its lock.
    private struct RunningTask: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    init(request: HTTPRequest, loop: any EventLoop, connection: RequestHandler) {
        self.request = request
        self.loop = loop
        self.connection = NIOLoopBound(connection, eventLoop: loop)
    }

    /// From any thread, any number of times.
    func cancel() {
        cancellation.withLock { state in
            state.isCancelled = true
            state.task?.task.cancel()
        }
    }

    /// Asks `answer` and performs what it says. Returns when the response needs this task no more.
    func run(_ answer: HTTPHandler) async {
        await withUnsafeCurrentTask { task in
            guard let task else { return }
            let running = RunningTask(task: task)
            let isCancelled = cancellation.withLock { state in
                state.task = running
                return state.isCancelled
            }
            defer { cancellation.withLock { $0.task = nil } }
            if isCancelled { return }
            await perform(await answer(request))
        }
    }

    private func perform(_ response: HTTPResponse) async {
        let connection = connection
        switch response.body {
        case .empty, .bytes, .slices:
            loop.execute { connection.value.respond(response) }
        case .stream(let body):
            let writer = OutboundBuffer(loop: loop)
            loop.execute { connection.value.startStream(response, writer) }
            do {
                if request.method != "HEAD" { try await body(writer) }
                loop.execute { connection.value.finishStream() }
            } catch {
                loop.execute { connection.value.abortStream() }
            }
        case .upgrade(let take):
            await upgrade(response, take)
        }
    }

    private func upgrade(_ response: HTTPResponse, _ take: @Sendable (any ByteChannel) async throws -> Void) async {
        let connection = connection
        let upgraded = Deferred<NIOByteChannel>()
        loop.execute { upgraded.resolve(Result { try connection.value.upgrade(response) }) }
        // A refusal has been answered by the connection; a failing closure has nobody to tell but its own log.
        guard let channel = try? await upgraded.value() else { return }
        try? await take(channel)
        await channel.close()
    }
}

extension OutboundBuffer: BodyWriter {}
