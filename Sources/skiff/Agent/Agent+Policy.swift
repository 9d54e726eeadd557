import CNI
import ControlLoop
import Logging
import Policy

extension Agent {
    /// Enforcement of policies for the pods that our plugin connects.
    func policyPart(_ listWatch: any ListWatch, _ writer: any ObjectWriter, _ log: Logger) throws -> PolicyPart {
        try PolicyPart(
            nodeName: nodeName, listWatch: listWatch, writer: writer, podKey: .interface(prefix: InterfaceNames.hostEndPrefix),
            logger: log)
    }
}
