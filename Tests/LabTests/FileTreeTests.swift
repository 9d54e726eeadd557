import Glibc
import Testing

@testable import Lab

struct FileTreeTests {
    @Test func `a tree goes with its links, not with what they lead to`() throws {
        var name = Array("/tmp/skiff-tree-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&name).map { String(cString: $0) })
        defer { try? FileTree.remove(path) }
        let (tree, kept) = ("\(path)/tree/deep", "\(path)/kept")
        try FileTree.makeDirectories(tree)
        try FileTree.makeDirectories(kept)
        try FileTree.write("\(kept)/file", [1])
        #expect(symlink(kept, "\(tree)/link") == 0)
        try FileTree.remove("\(path)/tree")
        #expect(!FileTree.exists("\(path)/tree") && FileTree.exists("\(kept)/file"))
        try FileTree.remove("\(path)/tree")
    }

    @Test func `nothing goes while something is mounted below`() throws {
        // Asked about a folder that has some, without removing it.
        let point = try #require(MountPoint.list(try FileTree.text("/proc/self/mountinfo")).map(\.path).first { $0.count > 1 })
        let parent = String(point.prefix(upTo: point.lastIndex(of: "/") ?? point.startIndex))
        let refusal = #expect(throws: SystemError.self) { try FileTree.refuseMounts(below: parent) }
        #expect(refusal?.errno == EBUSY && refusal?.operation.contains("unmount") == true)
    }
}
