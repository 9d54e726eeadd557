/// What stands beside an element of a set that gives each of its elements an end of life.
package struct ElementNote: Hashable, Sendable {
    /// When it is written: until the kernel takes the element away. When it is read: how much of that is left.
    package var seconds: UInt32
    /// Shown by nft; at most `commentBytesMax`, empty for none.
    package var comment: String

    /// nft's own limit (`NFTNL_UDATA_COMMENT_MAXLEN`).
    package static let commentBytesMax = 128

    package init(seconds: UInt32, comment: String = "") {
        precondition(comment.utf8.count <= Self.commentBytesMax, "a comment of \(comment.utf8.count) bytes")
        self.seconds = seconds
        self.comment = comment
    }
}
