import NFTables
import Testing

@Suite struct JenkinsHashTests {
    /// Slots of 1024 that Linux 6.18 computed (`jhash ip saddr mod 1024 seed 0x5c1ff001`).
    @Test(arguments: [([127, 0, 0, 1], 847), ([10, 244, 1, 2], 232)] as [([UInt8], UInt64)])
    func `the hash is the kernel's`(address: [UInt8], slot: UInt64) {
        #expect((UInt64(JenkinsHash.hash(address, seed: 0x5c1f_f001)) * 1024) >> 32 == slot)
    }
}
