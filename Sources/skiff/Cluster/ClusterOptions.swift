import ArgumentParser
import Glibc
import Lab

/// Which cluster a command means.
struct ClusterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the cluster keeps everything.", valueName: "directory"))
    var dataDir = "/var/lib/skiff"
    @Option(help: "The cluster's name: prefix of its namespaces, and its context in a kubeconfig.")
    var name = "skiff"

    /// Absolute, without links, so that two spellings are one cluster.
    var directory: String {
        var path = dataDir
        if !path.hasPrefix("/"), let current = FileTree.resolve(".") { path = "\(current)/\(path)" }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return FileTree.resolve(path) ?? path
    }

    func load() throws -> ClusterPlan? { try ClusterPlan.load(dataDirectory: directory) }

    /// The cluster, or a refusal that says how to get one.
    func existing() throws -> ClusterPlan {
        guard let cluster = try load() else {
            throw Refusal("there is no cluster in \(directory)", remedy: "start one: skiff up")
        }
        return cluster
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

enum Environment {
    static var variables: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }

    static var path: String { variables["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }

    /// What long-lived programs get: nothing of the caller's shell but the path, the log level and the proxies of the host.
    ///
    /// A Swift program that traps writes a backtrace for seconds before it ends; a supervised one had better start again.
    static var forPrograms: [String: String] {
        var result = ["PATH": path, "HOME": "/root", "SWIFT_BACKTRACE": "enable=no", "LANG": "C.UTF-8"]
        for name in ["SKIFF_LOG", "SKIFF_EGRESS_PROXY", "LD_LIBRARY_PATH"] {
            if let value = variables[name] { result[name] = value }
        }
        return result
    }
}

extension Refusal {
    /// Ends the command with the refusal's text and exit status 1.
    static func reported<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as ExitCode {
            throw error
        } catch {
            Console.error("\(error)")
            throw ExitCode(1)
        }
    }
}
