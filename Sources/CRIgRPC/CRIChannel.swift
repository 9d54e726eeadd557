import CRI
import GRPC
import SwiftProtobuf

/// Protobuf messages over the gRPC client, with the errors of the runtime's interface.
struct CRIChannel: Sendable {
    let client: GRPCClient
    /// `runtime.v1.RuntimeService` or `runtime.v1.ImageService`.
    let service: String

    func call<Answer: SwiftProtobuf.Message>(
        _ method: String, _ message: some SwiftProtobuf.Message, timeout: Duration, as: Answer.Type = Answer.self
    ) async throws(RuntimeError) -> Answer {
        let bytes: [UInt8]
        do {
            bytes = try message.serializedBytes()
        } catch {
            throw RuntimeError(code: .internal, message: "encode \(method): \(error)")
        }
        let answer: [UInt8]
        do {
            answer = try await client.call(path: "/\(service)/\(method)", message: bytes, timeout: timeout)
        } catch {
            throw RuntimeError(error)
        }
        do {
            return try Answer(serializedBytes: answer)
        } catch {
            throw RuntimeError(code: .internal, message: "decode answer of \(method): \(error)")
        }
    }
}

extension RuntimeError {
    init(_ error: GRPCError) {
        self.init(code: Code(rawValue: error.code.rawValue) ?? .unknown, message: error.message)
    }
}
