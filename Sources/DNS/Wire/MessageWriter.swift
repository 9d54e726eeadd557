/// Writes one message after another into buffers that it is given.
///
/// What does not fit is left out whole: a record that ran over the limit is taken back, and `overflowed` says so. Names become
/// pointers to where they stood before.
package struct MessageWriter {
    /// Counts of a message's sections.
    package enum Section: Int, Sendable { case answer = 1, authority = 2, additional = 3 }

    private struct Place {
        var offset: UInt16
        var count: UInt16
        var hash: UInt32
    }

    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var limit = 0
    package private(set) var count = 0
    private var isFull = false
    private var counts = (answer: UInt16(0), authority: UInt16(0), additional: UInt16(0))
    private var places: [Place] = []
    private var knowsQuestion = false
    private var questionBytes = 0

    package init() { places.reserveCapacity(Self.placesMax) }

    /// Names that later ones may point to.
    private static let placesMax = 128
    /// A pointer has fourteen bits.
    private static let offsetMax = 0x3fff

    /// Begins a message with a header and, perhaps, the question of a request.
    ///
    /// - Parameters:
    ///   - buffer: Where the message goes; the caller keeps it alive until the message is finished.
    ///   - bytesMax: How long the message may become, at most the buffer's size.
    ///   - question: Bytes between header and the rest of the request, echoed as they are; empty: none.
    package mutating func begin(
        _ buffer: UnsafeMutableRawBufferPointer, bytesMax: Int, id: UInt16, question: UnsafeRawBufferPointer
    ) {
        // SAFETY: every write below goes through `put`, which stays within `limit`, and `limit` within the buffer.
        self.buffer = buffer
        limit = min(bytesMax, buffer.count)
        precondition(limit >= WireLimit.headerBytes + question.count, "a reply holds at least its question")
        count = WireLimit.headerBytes
        isFull = false
        counts = (0, 0, 0)
        places.removeAll(keepingCapacity: true)
        knowsQuestion = question.isEmpty
        questionBytes = question.count
        store(id, at: 0)
        store(question.isEmpty ? 0 : 1, at: 4)
        if !question.isEmpty {
            UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + question.count)]).copyMemory(from: question)
            count += question.count
        }
    }

    /// Keeps room at the end for what comes last.
    package mutating func reserve(_ bytes: Int) { limit -= bytes }
    package mutating func release(_ bytes: Int) { limit += bytes }

    /// Writes the header's remaining words. Returns the length of the message.
    package mutating func finish(flags: UInt16) -> Int {
        store(flags, at: 2)
        store(counts.answer, at: 6)
        store(counts.authority, at: 8)
        store(counts.additional, at: 10)
        return count
    }

    package var answerCount: Int { Int(counts.answer) }

    /// One record. Returns false when it did not fit and was taken back.
    package mutating func record(_ section: Section, _ body: (inout MessageWriter) -> Void) -> Bool {
        let start = count
        body(&self)
        guard !isFull else {
            isFull = false
            count = start
            while let last = places.last, Int(last.offset) >= start { places.removeLast() }
            return false
        }
        switch section {
        case .answer: counts.answer += 1
        case .authority: counts.authority += 1
        case .additional: counts.additional += 1
        }
        return true
    }

    /// An address record of the name in question: the shortest way.
    package mutating func questionAddress(_ type: RecordType, ttl: UInt32, _ number: UInt128) -> Bool {
        let bytes = type == .a ? 4 : 16
        guard count + 12 + bytes <= limit else { return false }
        put(UInt16(0xc00c))
        fixed(type, ttl: ttl, data: bytes)
        address(number, bytes: bytes)
        counts.answer += 1
        return true
    }

    /// Type, class, time to live and length of the data.
    mutating func fixed(_ type: RecordType, ttl: UInt32, data: Int) {
        put(type.rawValue)
        put(WireLimit.internet)
        put(UInt16(ttl >> 16))
        put(UInt16(ttl & 0xffff))
        put(UInt16(data))
    }

    mutating func address(_ number: UInt128, bytes: Int) {
        for index in (0..<bytes).reversed() { put(UInt8(truncatingIfNeeded: number >> UInt128(8 * index))) }
    }

    /// Data of unknown length: the length is written behind it.
    mutating func data(_ type: RecordType, ttl: UInt32, _ body: (inout MessageWriter) -> Void) {
        fixed(type, ttl: ttl, data: 0)
        let start = count
        body(&self)
        if !isFull { store(UInt16(count - start), at: start - 2) }
    }

    package mutating func put(_ byte: UInt8) {
        guard count < limit else {
            isFull = true
            return
        }
        buffer[count] = byte
        count += 1
    }

    package mutating func put(_ word: UInt16) {
        guard count + 2 <= limit else {
            isFull = true
            return
        }
        buffer[count] = UInt8(word >> 8)
        buffer[count + 1] = UInt8(word & 255)
        count += 2
    }

    /// The numbers of a SOA record; nobody transfers the zone, so refresh, retry and expiry are for show.
    mutating func putTimes(serial: UInt32, minimum: UInt32) {
        put(serial)
        put(UInt32(7200))
        put(UInt32(1800))
        put(UInt32(86400))
        put(minimum)
    }

    mutating func put(_ number: UInt32) {
        put(UInt16(truncatingIfNeeded: number >> 16))
        put(UInt16(truncatingIfNeeded: number))
    }

    package mutating func put(_ bytes: some Collection<UInt8>) {
        guard count + bytes.count <= limit else {
            isFull = true
            return
        }
        for byte in bytes {
            buffer[count] = byte
            count += 1
        }
    }

    private func store(_ word: UInt16, at position: Int) {
        buffer[position] = UInt8(word >> 8)
        buffer[position + 1] = UInt8(word & 255)
    }

    /// A name in wire form and lower case.
    ///
    /// - Parameter mayPoint: False where the format forbids pointers (RFC 2782, RFC 3597); later names may point here all the same.
    package mutating func name(_ wire: [UInt8], mayPoint: Bool = true) {
        learnQuestion()
        var position = 0
        while wire[position] != 0 {
            let hash = Self.hash(wire[position...])
            let rest = wire.count - position
            if mayPoint, let offset = place(of: wire, from: position, count: rest, hash: hash) {
                return put(UInt16(0xc000 | offset))
            }
            if count <= Self.offsetMax, places.count < Self.placesMax {
                places.append(Place(offset: UInt16(count), count: UInt16(rest), hash: hash))
            }
            let next = position + 1 + Int(wire[position])
            put(wire[position..<next])
            if isFull { return }
            position = next
        }
        put(UInt8(0))
    }

    /// The question's suffixes, once somebody may point to them.
    private mutating func learnQuestion() {
        guard !knowsQuestion else { return }
        knowsQuestion = true
        var wire: [UInt8] = []
        let message = UnsafeRawBufferPointer(rebasing: buffer[..<(WireLimit.headerBytes + questionBytes)])
        guard MessageReader.readName(message, at: WireLimit.headerBytes, into: &wire) != nil else { return }
        var position = 0
        while wire[position] != 0, places.count < Self.placesMax {
            places.append(
                Place(
                    offset: UInt16(WireLimit.headerBytes + position), count: UInt16(wire.count - position),
                    hash: Self.hash(wire[position...])))
            position += 1 + Int(wire[position])
        }
    }

    private func place(of wire: [UInt8], from start: Int, count: Int, hash: UInt32) -> UInt16? {
        for place in places where place.hash == hash && Int(place.count) == count {
            if stands(wire[start...], at: Int(place.offset)) { return place.offset }
        }
        return nil
    }

    /// Whether the message has this name at a place, pointers followed.
    private func stands(_ wire: ArraySlice<UInt8>, at offset: Int) -> Bool {
        var position = offset
        var index = wire.startIndex
        while index < wire.endIndex {
            let length = buffer[position]
            if length & 0xc0 == 0xc0 {
                let target = Int(length & 0x3f) << 8 | Int(buffer[position + 1])
                guard target < position else { return false }
                position = target
                continue
            }
            let end = index + 1 + Int(length)
            guard end <= wire.endIndex, position + 1 + Int(length) <= count else { return false }
            while index < end {
                guard ASCII.lowered(buffer[position]) == wire[index] else { return false }
                position += 1
                index += 1
            }
        }
        return true
    }

    private static func hash(_ wire: ArraySlice<UInt8>) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in wire { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash
    }
}

extension MessageWriter {
    /// A record that was read elsewhere, with another time to live.
    package mutating func copy(_ record: Record, ttl: UInt32, into section: Section) -> Bool {
        self.record(section) { writer in
            writer.name(record.owner.wire)
            writer.data(record.type, ttl: ttl) { writer in
                switch record.type {
                case .cname, .ns, .ptr: writer.name(record.data)
                default: writer.put(record.data)
                }
            }
        }
    }

    /// What the client told us about itself is answered with what we take.
    package mutating func opt(_ edns: Request.Extension, payloadBytes: Int, code: ResponseCode) {
        _ = record(.additional) { writer in
            writer.put(UInt8(0))
            writer.put(RecordType.opt.rawValue)
            writer.put(UInt16(payloadBytes))
            writer.put(UInt8(code.rawValue >> 4))
            writer.put(UInt8(0))
            writer.put(UInt16(edns.wantsSignatures ? 0x8000 : 0))
            writer.put(UInt16(0))
        }
    }
}
