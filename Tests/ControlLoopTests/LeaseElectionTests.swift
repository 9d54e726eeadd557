import API
import ControlLoop
import Testing

@Suite struct LeaseElectionTests {
    let start = Timestamp(seconds: 1_800_000_000)

    func lease(_ holder: String, revision: Int, transitions: Int64 = 0) -> Lease {
        Lease(
            metadata: ObjectMeta(name: "l", namespace: "kube-system", resourceVersion: String(revision)), holderIdentity: holder,
            acquireTime: start, leaseTransitions: transitions)
    }

    @Test func `takes a free lease, keeps it, and stops leading when it cannot renew`() {
        var election = LeaseElection(identity: "a")
        #expect(election.observed(nil, at: start) == .create(renewTime: start))
        #expect(!election.isLeader(at: start))
        #expect(
            election.observed(lease("a", revision: 1), at: start) == .write(renewTime: start, acquireTime: start, transitions: 0))
        #expect(election.isLeader(at: start.adding(.seconds(14))))
        #expect(!election.isLeader(at: start.adding(.seconds(15))))
    }

    @Test func `takes another's lease only when it has not seen it change for its duration`() {
        var election = LeaseElection(identity: "a")
        #expect(election.observed(lease("b", revision: 1), at: start) == .wait)
        #expect(election.observed(lease("b", revision: 2), at: start.adding(.seconds(14))) == .wait)
        #expect(election.observed(lease("b", revision: 2), at: start.adding(.seconds(28))) == .wait)
        let late = start.adding(.seconds(29))
        #expect(
            election.observed(lease("b", revision: 2), at: late) == .write(renewTime: late, acquireTime: late, transitions: 1))
    }
}
