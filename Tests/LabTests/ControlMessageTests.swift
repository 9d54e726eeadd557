import JSON
import Lab
import Testing

@Suite struct ControlMessageTests {
    @Test(arguments: [ControlRequest.status, .down, .stopNode("node1"), .startNode("node2")])
    func `a request survives the wire`(request: ControlRequest) { #expect(ControlRequest(json: request.json) == request) }

    @Test func `an unknown request is none`() {
        #expect(ControlRequest(json: ["command": "dance"]) == nil)
        #expect(ControlRequest(json: ["command": "node-stop"]) == nil)
    }

    @Test func `a reply survives the wire`() {
        let reply = ControlReply(
            error: "no", supervisor: 42,
            components: [
                ComponentStatus(name: "server", state: .running, pid: 7, restarts: 1, lastError: "signal 9"),
                ComponentStatus(name: "node1", state: .stopped, pid: nil, restarts: 0, lastError: nil),
            ])
        #expect(ControlReply(json: reply.json) == reply)
    }
}
