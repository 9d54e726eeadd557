import ArgumentParser
import Lab
import Logging

/// Started by `skiff up`, detached.
struct Supervise: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Own a cluster's processes.", shouldDisplay: false)

    @OptionGroup var options: ClusterOptions

    func run() throws {
        let log = Logger.program("supervise")
        do {
            let cluster = try options.existing()
            guard let layout = MachineProbe.cgroupLayout() else { throw Refusal("no cgroup hierarchy", remedy: "mount one") }
            try Supervisor(cluster: cluster, layout: layout, log: log).run(environment: Environment.forPrograms)
        } catch {
            log.error("cannot supervise", metadata: ["error": "\(error)"])
            throw ExitCode(1)
        }
    }
}
