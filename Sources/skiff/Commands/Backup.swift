import ArgumentParser
import Lab
import Store

/// Copies the store while the cluster runs.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write everything that the cluster holds to one file; the cluster may run.",
        discussion: """
            The file is the store as it is at one moment. Certificates and keys are not in it: keep DIRECTORY/pki as well if the
            cluster is to come back on another machine. A cluster kept in etcd is backed up with 'etcdctl snapshot save'.
            """)

    @OptionGroup var options: ClusterOptions
    @Argument(help: "The file to write; it must not exist.") var file: String

    func run() async throws {
        try await Refusal.reported {
            let console = Console()
            let path = try options.existing().fileStore
            let contents = try await BlockingWork.run { [file] in try SQLiteArchive.backup(path, to: file) }
            console.step("wrote \(file): \(contents.keys) objects at revision \(contents.revision)")
        }
    }
}

/// Puts a backup in the place of the store.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of what the cluster holds; its server must not run.",
        discussion: """
            Revisions go on far above those of the backup, and every watch from before is told to list again: no client goes on with
            what it saw between the backup and now. What was there is kept beside the store, as store.db.replaced.
            """)

    @OptionGroup var options: ClusterOptions
    @Argument(help: "A file that 'skiff backup' wrote.") var file: String

    func run() async throws {
        try await Refusal.reported {
            let console = Console()
            let path = try options.existing().fileStore
            do {
                let contents = try await BlockingWork.run { [file] in try SQLiteArchive.restore(file, to: path) }
                console.step("restored \(contents.keys) objects from \(file); the revision is now \(contents.revision)")
            } catch let error as StoreError {
                guard case .locked = error else { throw error }
                throw Refusal(
                    "the cluster is running: its server holds \(path)",
                    remedy: "skiff down --keep-data, then restore, then skiff up")
            }
        }
    }
}

extension ClusterPlan {
    /// The SQLite file of a cluster that is not kept in etcd.
    var fileStore: String {
        get throws {
            guard store == .sqlite else {
                throw Refusal("this cluster is kept in etcd", remedy: "use etcdctl snapshot save, and etcdctl snapshot restore")
            }
            return "\(dataDirectory)/store/store.db"
        }
    }
}
