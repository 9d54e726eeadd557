import HTTP
import Lab
import Logging

/// Serves the registry's directory over plain HTTP from a listening socket.
struct ImageRegistry: Sendable {
    let store: RegistryStore
    let log: Logger

    func run(descriptor: Int32) async throws {
        let configuration = HTTPServerConfiguration(
            listeners: [.descriptor(descriptor)], requestBodyBytesMax: 64 * 1024, threads: 1, connectionsMax: 1000,
            shutdownTimeLimit: .seconds(1))
        try await HTTPServer(configuration: configuration, logger: log) { await answer($0) }.run()
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        do {
            let response = try await BlockingWork.run {
                RegistryAPI(catalog: try store.catalog()) { body(of: $0) }.handle(request)
            }
            log.debug("answered", metadata: ["path": "\(request.path)", "status": "\(response.status)"])
            return response
        } catch {
            log.error("no catalog", metadata: ["error": "\(error)"])
            return RegistryAPI.error(500, "UNKNOWN", "\(error)")
        }
    }

    /// Opened before the head is sent: from here on the file may be removed, its bytes stay.
    private func body(of content: ContentDescriptor) -> HTTPResponse.Body? {
        let source: FileSource
        do { source = try store.open(content) } catch {
            log.error("no content", metadata: ["key": "\(content.digest)", "error": "\(error)"])
            return nil
        }
        return .stream { writer in
            var offset = 0
            while offset < source.byteCount {
                let piece = try await BlockingWork.run { [offset] in try source.read(at: offset, count: FileSource.chunkBytes) }
                guard !piece.isEmpty else { throw ImageError.truncated("\(content.digest)") }
                try await writer.write(piece)
                offset += piece.count
            }
        }
    }

    /// Takes an archive's images; refuses in the words of a command.
    @discardableResult
    static func add(_ archive: String, to store: RegistryStore) throws -> [ImageReference] {
        do {
            return try store.add(archive: archive)
        } catch {
            throw Refusal("\(archive): \(error)", remedy: "make the archive again: docker save, or skiff image build")
        }
    }
}
