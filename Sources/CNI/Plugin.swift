import JSON

/// The plugin from arguments to exit status. Everything it must know is in its arguments: no file is read, no daemon asked.
package struct Plugin: Sendable {
    /// What the process leaves behind.
    package struct Outcome: Hashable, Sendable {
        package var exitStatus: Int32
        /// For standard output; nil: nothing.
        package var output: [UInt8]?
        /// For standard error.
        package var notice: String?

        package init(exitStatus: Int32, output: [UInt8]? = nil, notice: String? = nil) {
            self.exitStatus = exitStatus
            self.output = output
            self.notice = notice
        }
    }

    /// The name that the program was called by, without its directory: `loopback` makes it that plugin.
    package var programName: String
    /// `CNI_*` variables.
    package var environment: [String: String]

    package init(programName: String, environment: [String: String]) {
        self.programName = programName
        self.environment = environment
    }

    /// - Parameter input: Reads standard input to its end; called only when the command needs it.
    package func run(input: () throws(CNIFailure) -> [UInt8]) -> Outcome {
        guard let command = environment["CNI_COMMAND"], !command.isEmpty else {
            return Outcome(
                exitStatus: 0,
                notice: "skiff-cni: a CNI plugin for pods without NAT; CNI protocol versions supported: \(versions)\n")
        }
        if command == CNICommand.version.rawValue {
            return Outcome(exitStatus: 0, output: JSONWriter.write(versionDocument(try? input())))
        }
        // Before the configuration is read nobody knows the version; the newest has every field an error needs.
        var version = CNIVersion.newest
        do throws(CNIFailure) {
            let snapshot = command == CNICommand.garbageCollect.rawValue ? try GarbageCollect.Snapshot() : nil
            let request = try CNIRequest(environment: environment, input: input)
            version = request.configuration.version
            return Outcome(exitStatus: 0, output: try perform(request, snapshot).map(JSONWriter.write))
        } catch { return Outcome(exitStatus: 1, output: JSONWriter.write(error.json(error.version ?? version))) }
    }

    private var versions: String { CNIVersion.allCases.map { $0.rawValue }.joined(separator: ", ") }

    /// - Parameter input: The version that the runtime speaks, if it said so.
    private func versionDocument(_ input: [UInt8]?) -> JSONValue {
        let asked = input.flatMap { try? JSONParser.parse($0) }?["cniVersion"]?.string.flatMap(CNIVersion.init(rawValue:))
        return [
            "cniVersion": .string((asked ?? .newest).rawValue),
            "supportedVersions": JSONValue(CNIVersion.allCases.map { $0.rawValue }),
        ]
    }

    private func perform(_ request: CNIRequest, _ snapshot: GarbageCollect.Snapshot?) throws(CNIFailure) -> JSONValue? {
        if programName == Loopback.type || request.configuration.type == Loopback.type { return try performLoopback(request) }
        switch request.command {
        case .add: return try Add(request).run()
        case .delete: try Delete(request: request).run()
        case .check: try Check(request: request).run()
        case .garbageCollect: if let snapshot { try GarbageCollect(request: request, snapshot: snapshot).run() }
        case .status: try Status(request: request).run()
        case .version: break
        }
        return nil
    }

    private func performLoopback(_ request: CNIRequest) throws(CNIFailure) -> JSONValue? {
        let loopback = Loopback(request: request)
        switch request.command {
        case .add: return try loopback.add()
        case .delete: loopback.delete()
        case .check: try loopback.check()
        case .garbageCollect, .status: break
        case .version: break
        }
        return nil
    }
}
