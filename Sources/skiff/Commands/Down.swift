import ArgumentParser
import Glibc
import Lab

struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop the cluster and remove everything it made.",
        discussion: """
            Works too when the cluster's own processes were killed, while 'skiff up' is still at work, when an earlier 'skiff down' was
            interrupted, and when somebody removed the data directory: what is left is found, ended and taken away.
            """)

    @OptionGroup var options: ClusterOptions
    @Flag(help: "Keep the data directory: the next 'skiff up' goes on with the same objects.") var keepData = false

    func run() async throws {
        try await Refusal.reported {
            let console = Console()
            guard geteuid() == 0 else { throw Refusal("skiff down needs root", remedy: "run it with sudo") }
            guard let layout = MachineProbe.cgroupLayout() else {
                throw Refusal("no cgroup hierarchy is mounted", remedy: "mount -t cgroup2 cgroup2 /sys/fs/cgroup")
            }
            let lost = ClusterRemoval.lost(name: options.name, dataDirectory: options.directory, layout: layout)
            guard let cluster = try options.load() ?? lost else {
                console.line("there is no cluster in \(options.directory)")
                return
            }
            if !keepData { try? UserKubeconfig(environment: Environment.variables).remove(cluster) }
            let left = try await BlockingWork.run { [keepData] in
                let removal = ClusterRemoval(cluster: cluster, layout: layout)
                removal.endLaunch { console.step($0) }
                return try removal.remove(keepData: keepData) { console.step($0) }
            }
            guard left.isEmpty else {
                throw Refusal(
                    "could not remove \(left.joined(separator: ", "))", remedy: "end what holds it and run 'skiff down' again")
            }
            console.step(keepData ? "the cluster is down; \(cluster.dataDirectory) is kept" : "the cluster is gone")
        }
    }
}
