/// Requests for queueing: how fast an interface sends.
///
/// - SeeAlso: `linux/pkt_sched.h`, `linux/pkt_cls.h`, `linux/tc_act/tc_mirred.h`.
package enum QueueMessage {
    private static let root: UInt32 = 0xffff_ffff
    private static let ingress: UInt32 = 0xffff_fff1
    private static let ingressHandle: UInt32 = 0xffff_0000
    private static let rootHandle: UInt32 = 0x0001_0000

    /// A bucket that fills with `bytesPerSecond` and holds `burst` bytes; what finds it empty waits.
    package struct TokenBucket: Hashable, Sendable {
        package var bytesPerSecond: UInt64
        package var burst: UInt32
        /// Bytes that may wait before packets are dropped.
        package var limit: UInt32

        package init(bytesPerSecond: UInt64, burst: UInt32, limit: UInt32) {
            self.bytesPerSecond = bytesPerSecond
            self.burst = burst
            self.limit = limit
        }
    }

    /// Makes the bucket what the interface sends through.
    package static func shape(_ index: InterfaceIndex, _ bucket: TokenBucket) -> NetlinkMessage {
        message(.newQueue, [.create, .replace], index, handle: rootHandle, parent: root) {
            $0.attribute(1, text: "tbf")
            $0.attribute(2) {
                let rate = UInt32(clamping: bucket.bytesPerSecond)
                $0.attribute(1) {
                    $0.append([0, 1, 0, 0, 0xff, 0xff, 0, 0])  // a rate of Ethernet packets; `cell_align` is -1
                    $0.append(rate)
                    $0.append([UInt8](repeating: 0, count: 12))  // no peak rate
                    $0.append(bucket.limit)
                    $0.append(UInt32(0))  // in ticks; the bytes below take its place
                    $0.append(UInt32(0))
                }
                $0.attribute(6, number: bucket.burst)
                if rate == .max { $0.attribute(4, number: bucket.bytesPerSecond) }
            }
        }
    }

    /// Lets filters see what the interface receives.
    package static func openIngress(_ index: InterfaceIndex) -> NetlinkMessage {
        message(.newQueue, [.create, .replace], index, handle: ingressHandle, parent: ingress) {
            $0.attribute(1, text: "ingress")
        }
    }

    /// Sends everything that the interface receives through another one's queue first.
    package static func redirectIngress(of index: InterfaceIndex, to other: InterfaceIndex) -> NetlinkMessage {
        let everything: UInt32 = 1 << 16 | UInt32(UInt16(0x0003).bigEndian)  // priority 1, ETH_P_ALL
        return message(.newFilter, [.create, .exclusive], index, parent: ingressHandle, info: everything) {
            $0.attribute(1, text: "u32")
            $0.attribute(2) {
                $0.attribute(1, number: UInt32(1 << 16 | 1))  // class 1:1
                $0.attribute(5) {
                    $0.append([1, 0, 1, 0])  // terminal, one key
                    $0.append([UInt8](repeating: 0, count: 12))
                    $0.append([UInt8](repeating: 0, count: 16))  // the key: nothing need be equal
                }
                $0.attribute(7) { $0.attribute(1) { redirect(to: other, into: &$0) } }
            }
        }
    }

    private static func redirect(to other: InterfaceIndex, into writer: inout MessageWriter) {
        writer.attribute(1, text: "mirred")
        writer.attribute(2) {
            $0.attribute(2) {
                $0.append(UInt32(0))  // index
                $0.append(UInt32(0))  // capabilities
                $0.append(Int32(4))  // TC_ACT_STOLEN
                $0.append(UInt32(0))
                $0.append(UInt32(0))
                $0.append(Int32(1))  // TCA_EGRESS_REDIR
                $0.append(other.rawValue)
            }
        }
    }

    /// Every root and ingress queue of the namespace.
    package static var list: NetlinkMessage { message(.getQueue, .dump, InterfaceIndex(rawValue: 0)) { _ in } }

    /// What an interface sends through.
    package struct Report: Hashable, Sendable {
        package var index: InterfaceIndex
        package var kind: String
        /// Of a token bucket.
        package var bytesPerSecond: UInt64?

        package init?(_ message: NetlinkMessage) {
            guard message.type == .newQueue else { return nil }
            var reader = MessageReader(message.payload)
            guard reader.skip(4), let index = reader.integer(Int32.self), reader.skip(12) else { return nil }
            self.index = InterfaceIndex(rawValue: index)
            kind = ""
            for attribute in reader.attributes() {
                if attribute.type == 1 { kind = attribute.text }
                guard attribute.type == 2, kind == "tbf" else { continue }
                for option in attribute.nested {
                    var value = MessageReader(option.payload)
                    if option.type == 1, value.skip(8), bytesPerSecond == nil {
                        bytesPerSecond = value.integer(UInt32.self).map(UInt64.init)
                    }
                    if option.type == 4 { bytesPerSecond = value.integer(UInt64.self) }
                }
            }
        }
    }

    private static func message(
        _ type: MessageType, _ flags: MessageFlags, _ index: InterfaceIndex, handle: UInt32 = 0, parent: UInt32 = 0,
        info: UInt32 = 0, _ body: (inout MessageWriter) -> Void
    ) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(UInt32(0))  // family and padding
        writer.append(index.rawValue)
        writer.append(handle)
        writer.append(parent)
        writer.append(info)
        body(&writer)
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }
}

extension MessageType {
    package static let newQueue = MessageType(rawValue: 36)
    package static let getQueue = MessageType(rawValue: 38)
    package static let newFilter = MessageType(rawValue: 44)
}
