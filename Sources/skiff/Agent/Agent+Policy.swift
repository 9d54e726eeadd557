import CNI
import ControlLoop
import Logging
import Policy

extension Agent {
    /// Enforcement of policies for the pods that our plugin connects.
    ///
    /// A node without rules is closed when this returns, so that no pod starts before.
    func policyPart(_ listWatch: any ListWatch, _ writer: any ObjectWriter, _ log: Logger) async throws -> PolicyPart {
        let part = try PolicyPart(
            nodeName: nodeName, listWatch: listWatch, writer: writer, podKey: .interface(prefix: InterfaceNames.hostEndPrefix),
            enforcement: enforcement, logger: log)
        await part.syncer.closeFreshNode()
        return part
    }
}
