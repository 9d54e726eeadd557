import CLinux
import Glibc
import Netlink

/// Looks at this machine: what `Preflight` judges.
package enum MachineProbe {
    /// Loads kernel modules that are missing, as their first use would, then looks.
    ///
    /// - Parameter apiPort: Tried on 127.0.0.1.
    package static func facts(apiPort: Int, path: String, program: String) -> MachineFacts {
        let isRoot = geteuid() == 0
        if isRoot { loadModules(path: path) }
        var programs: [String: String] = [:]
        for name in Preflight.programs + [Preflight.etcd, "crun"] { programs[name] = FileTree.program(name, path: path) }
        let cgroups = cgroupLayout()
        return MachineFacts(
            userID: geteuid(), programs: programs,
            fileSystems: (try? FileTree.text("/proc/filesystems")) ?? "", cgroups: cgroups,
            controllers: controllers(of: cgroups), hasNFTables: canOpenNetfilter(),
            hasVeth: isRoot ? canCreate(.veth(peer: nil)) : nil, hasBridge: isRoot ? canCreate(.bridge) : nil,
            portIsFree: portIsFree(apiPort),
            hasPlugin: FileTree.exists(plugin(beside: program)))
    }

    package static func plugin(beside program: String) -> String {
        program.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/skiff-cni"
    }

    package static func cgroupLayout() -> CgroupLayout? {
        guard let processGroups = try? FileTree.text("/proc/self/cgroup"), let mounts = try? FileTree.text("/proc/self/mounts")
        else { return nil }
        return CgroupLayout.detect(processCgroups: processGroups, mounts: mounts)
    }

    private static func controllers(of layout: CgroupLayout?) -> Set<String>? {
        guard case .unified(let mountPoint) = layout, let text = try? FileTree.text("\(mountPoint)/cgroup.controllers") else {
            return nil
        }
        return Set(text.trimmed.split(separator: " ").map(String.init))
    }

    /// A kernel that has everything built in has no modprobe to run; a refusal shows in what is probed next.
    private static func loadModules(path: String) {
        let overlay = (try? FileTree.text("/proc/filesystems").contains("\toverlay\n")) ?? false
        guard !overlay || !canOpenNetfilter(), let modprobe = FileTree.program("modprobe", path: path) else { return }
        let request = ProcessRequest(
            path: modprobe, arguments: ["modprobe", "-qa", "overlay", "nf_tables", "veth", "bridge"],
            environment: ["PATH": path], logFile: "/dev/null")
        _ = try? request.run()
    }

    /// Whether namespaces of this kernel have IPv6: neither left out nor switched off at boot (`ipv6.disable=1`).
    package static func hasIPv6() -> Bool {
        let descriptor = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return FileTree.exists("/proc/sys/net/ipv6/conf/default/disable_ipv6")
    }

    /// Asks nf_tables for its generation: the one request that needs nothing to exist.
    private static func canOpenNetfilter() -> Bool {
        skiff_probe_nftables() == 1
    }

    /// Tries a link in a namespace that ends with the try.
    private static func canCreate(_ kind: LinkMessage.Kind) -> Bool {
        guard let namespace = try? NetworkNamespace.create(), let socket = try? namespace.openSocket() else { return false }
        var link = LinkMessage(name: "probe")
        link.kind = kind
        return (try? socket.apply([link.create])) != nil
    }

    private static func portIsFree(_ port: Int) -> Bool {
        guard let descriptor = try? HostListener.open(port: port) else { return false }
        close(descriptor)
        return true
    }
}

/// A listening TCP socket on 127.0.0.1 in the network namespace of the calling thread.
package enum HostListener {
    package static let backlog: Int32 = 512

    package static func open(port: Int, address: String = "127.0.0.1") throws(SystemError) -> Int32 {
        let isIPv6 = address.contains(":")
        let name = "listen on \(isIPv6 ? "[\(address)]" : address):\(port)"
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { throw SystemError(name, errno: errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let bound = isIPv6 ? bind6(descriptor, address, port) : bind4(descriptor, address, port)
        guard bound == 0, listen(descriptor, backlog) == 0 else {
            let error = SystemError(name, errno: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func bind4(_ descriptor: Int32, _ address: String, _ port: Int) -> Int32 {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
        target.sin_addr.s_addr = inet_addr(address)
        return withUnsafePointer(to: &target) {
            // SAFETY: sockaddr_in is a sockaddr of family AF_INET, and its own size is passed.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func bind6(_ descriptor: Int32, _ address: String, _ port: Int) -> Int32 {
        var target = sockaddr_in6()
        target.sin6_family = sa_family_t(AF_INET6)
        target.sin6_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
        guard inet_pton(AF_INET6, address, &target.sin6_addr) == 1 else { return -1 }
        return withUnsafePointer(to: &target) {
            // SAFETY: sockaddr_in6 is a sockaddr of family AF_INET6, and its own size is passed.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
