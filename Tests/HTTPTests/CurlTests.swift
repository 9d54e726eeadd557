import Foundation
import HTTP
import Testing

/// A client that is not ours.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not installed"))
struct CurlTests {
    private func curl(_ arguments: String...) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["-sS"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    let bytes = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    @Test(arguments: [("--http2", "HTTP/2"), ("--http1.1", "HTTP/1.1")])
    func `speaks to curl over TLS`(flag: String, version: String) async throws {
        try await withServer(secured, handler: echo) { port async throws in
            let url = "https://127.0.0.1:\(port)/a%20b?c=d"
            #expect(try await curl("-k", flag, url) == "\(version) GET /a b [c=d] ")
            #expect(try await curl("-k", flag, "-d", "x=1", url) == "\(version) POST /a b [c=d] x=1")
        }
    }

    @Test func `speaks to curl in plain text, offered h2c or not`() async throws {
        try await withServer(handler: echo) { port async throws in
            #expect(try await curl("http://127.0.0.1:\(port)/") == "HTTP/1.1 GET / [] ")
            #expect(try await curl("--http2", "http://127.0.0.1:\(port)/") == "HTTP/1.1 GET / [] ")
        }
    }

    @Test(arguments: ["--http2", "--http1.1"])
    func `refuses an upload of curl's that is too large`(flag: String) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("upload-\(UUID().uuidString)")
        try Data(count: 4_000_000).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await withServer(secured, handler: echo) { port async throws in
            let answer = try await curl(
                "-k", flag, "-w", "%{http_code}", "--data-binary", "@\(file.path)", "https://127.0.0.1:\(port)/")
            #expect(answer.contains("Request entity too large: limit is 3145728"))
            #expect(answer.contains("413"))
        }
    }
}
