import ArgumentParser
import Policy

/// How policies are enforced; of `skiff agent` and `skiff policy`.
struct EnforcementOptions: ParsableArguments {
    @Option(
        help: """
            keep: a connection that policies would no longer let begin goes on until it ends. cut: it is forgotten by the connection \
            tracking, and its next packet is judged as a first one; sets net.netfilter.nf_conntrack_tcp_loose to 0.
            """)
    var openConnections: PolicyConfiguration.OpenConnections = .keep
    @Flag(inversion: .prefixedNo, help: "Where the kernel can (Linux 6.9), nobody else may change the policies' tables.")
    var ownPolicyTables = true
}

extension PolicyConfiguration.OpenConnections: ExpressibleByArgument {}
