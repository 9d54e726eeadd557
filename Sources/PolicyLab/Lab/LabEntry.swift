import CLinux
import Glibc
import Netlink

/// Gives this process a network of its own. Without root it becomes root of a new user namespace first.
package enum LabEntry {
    package enum Mode: String, Hashable, Sendable { case root, rootless }

    /// The process must have one thread; afterwards it stays in its new namespaces until it ends.
    ///
    /// - Throws: What the machine lacks, and what to change.
    package static func enter() throws(LabError) -> Mode {
        raiseDescriptorLimit()
        var step: Int32 = 0
        if geteuid() == 0 {
            let refused = skiff_lab_enter(0, &step)
            if refused == 0 { return .root }
            // Root of a container without CAP_SYS_ADMIN may still be allowed a user namespace.
        }
        let refused = skiff_lab_enter(1, &step)
        if refused == 0 { return .rootless }
        throw LabError(.namespace(explanation(step: step, errno: -refused)))
    }

    private static func explanation(step: Int32, errno: Int32) -> String {
        let calls: [Int32: String] = [1: "no user namespace", 2: "no identity in the user namespace", 3: "no network namespace"]
        var text = "\(calls[step] ?? "no namespaces"): \(LinuxErrno.text(errno))"
        if step == 1, errno == EINVAL { return text + ": the program runs more than one thread (a defect of it)" }
        if step == 1, errno == ENOSYS || errno == EINVAL { return text + ": this kernel is built without CONFIG_USER_NS" }
        for (key, value, advice) in restrictions where (try? Sysctl.read(key)) == value { text += "; " + advice }
        if errno == ENOSPC { text += "; user.max_user_namespaces or user.max_net_namespaces is used up or 0" }
        if errno == EPERM {
            text +=
                "; in a container: its runtime's seccomp profile refuses unshare (docker: --security-opt seccomp=unconfined, "
                + "or --privileged)"
        }
        return text
    }

    private static let restrictions: [(key: String, value: String, advice: String)] = [
        (
            "kernel/apparmor_restrict_unprivileged_userns", "1",
            "AppArmor is in the way: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run with sudo"
        ),
        (
            "kernel/unprivileged_userns_clone", "0",
            "this kernel gives user namespaces to root only: sudo sysctl kernel.unprivileged_userns_clone=1, or run with sudo"
        ),
        ("user/max_user_namespaces", "0", "user namespaces are turned off: sudo sysctl user.max_user_namespaces=15000"),
    ]

    /// A namespace and each listening port hold a descriptor.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
