import API
import CRI
import HTTP

/// Performs what a probe or a lifecycle hook asks for.
struct HandlerRunner: Sendable {
    var runtime: any RuntimeService
    var network: any ProbeNetwork
    var clock: any Clock<Duration>

    struct Outcome: Hashable, Sendable {
        var result: ProbeStateMachine.Result
        /// Why it failed, in upstream's words.
        var message: String
    }

    func run(
        _ handler: LifecycleHandler, container: Container, id: String, podAddress: String, timeout: Duration
    ) async -> Outcome {
        do throws(any Error) {
            switch handler {
            case .exec(let command):
                let answer = try await runtime.execSync(id, command: command, timeout: timeout)
                let text = String(decoding: (answer.stdout + answer.stderr).prefix(10240), as: UTF8.self)
                return Outcome(result: answer.exitCode == 0 ? .success : .failure, message: text)
            case .httpGet(let get):
                guard let port = Self.port(get.port, container) else {
                    return Outcome(result: .failure, message: "couldn't find port: \(get.port)")
                }
                var headers = HTTPHeaders()
                for header in get.headers { headers.add(header.name, header.value) }
                let status = try await network.httpGet(
                    host: get.host.isEmpty ? podAddress : get.host, port: port, tls: get.scheme == "HTTPS", path: get.path,
                    headers: headers, timeout: timeout)
                let isGood = (200..<400).contains(status)
                return Outcome(
                    result: isGood ? .success : .failure, message: isGood ? "" : "HTTP probe failed with statuscode: \(status)")
            case .tcpSocket(let wanted, let host):
                guard let port = Self.port(wanted, container) else {
                    return Outcome(result: .failure, message: "couldn't find port: \(wanted)")
                }
                try await network.tcpConnect(host: host.isEmpty ? podAddress : host, port: port, timeout: timeout)
                return Outcome(result: .success, message: "")
            case .grpc(let port, _):
                try await network.tcpConnect(host: podAddress, port: port, timeout: timeout)
                return Outcome(result: .success, message: "")
            case .sleep(let seconds):
                try await clock.sleep(for: .seconds(seconds))
                return Outcome(result: .success, message: "")
            }
        } catch {
            return Outcome(result: .failure, message: "\(error)")
        }
    }

    static func port(_ port: IntOrString, _ container: Container) -> Int? {
        switch port {
        case .int(let number): number
        case .string(let name): container.ports.first { $0.name == name }?.containerPort ?? Int(name)
        }
    }
}
