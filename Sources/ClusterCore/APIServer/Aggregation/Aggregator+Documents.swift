import API
import HTTP
import JSON
import Logging
import Machinery
import Synchronization

// The OpenAPI of other servers, read when it is new and every so often.
extension Aggregator {
    /// A server that says nothing new is not asked for its documents again before this.
    static let documentsInterval: Duration = .seconds(60)
    private static let documentBytesMax = 32 * 1024 * 1024

    /// A server without documents, or with bad ones, is served all the same.
    func readDocuments(of service: RemoteService) async {
        let now = registry.environment.monotonic()
        let known = registry.kinds.remoteDocuments(service.name)
        let isDue = documentsRead.withLock { read in
            if known != nil, let last = read[service.name], now - last < Self.documentsInterval { return false }
            read[service.name] = now
            return true
        }
        guard isDue else { return }
        var documents = known ?? RemoteDocuments(groupVersion: "\(service.group)/\(service.version)")
        do {
            try await readVersion3(&documents, service)
            try await readVersion2(&documents, service)
        } catch {
            logger.debug("no OpenAPI of another server", metadata: ["key": "\(service.name)", "error": "\(error)"])
        }
        registry.kinds.setDocuments(service.name, documents)
    }

    private func readVersion3(_ documents: inout RemoteDocuments, _ service: RemoteService) async throws {
        let index = try await ask(service, "/openapi/v3", bytesMax: Self.documentBytesMax)
        let path = "apis/\(documents.groupVersion)"
        guard index.status == 200, let entry = try JSONParser.parse(index.bytes)["paths"]?[path],
            let target = entry["serverRelativeURL"]?.string, target.hasPrefix("/")
        else {
            (documents.version3, documents.version3Tag, documents.version3Path) = ([], "", "")
            return
        }
        // The address names the content.
        if target.contains("hash="), target == documents.version3Path { return }
        let answer = try await ask(service, target, bytesMax: Self.documentBytesMax)
        guard answer.status == 200, try JSONParser.parse(answer.bytes).object != nil else { return }
        documents.version3 = answer.bytes
        documents.version3Tag = OpenAPIDocument.hash(of: answer.bytes)
        documents.version3Path = target
    }

    private func readVersion2(_ documents: inout RemoteDocuments, _ service: RemoteService) async throws {
        let answer = try await ask(
            service, "/openapi/v2", bytesMax: Self.documentBytesMax, tag: documents.version2Tag)
        guard answer.status == 200 else {
            if answer.status != 304 { documents.setVersion2([:], tag: "") }
            return
        }
        let tag = answer.headers["etag"] ?? "\"\(OpenAPIDocument.hash(of: answer.bytes))\""
        if tag != documents.version2Tag { documents.setVersion2(try JSONParser.parse(answer.bytes), tag: tag) }
    }
}
