import JSON
import NetworkTypes
import Policy

/// Machine-readable results. `schema` changes with the meaning of a field; fields may be added without.
package enum JSONReport {
    package static let schema = "netpol.skiff/report.v1"

    package static func matrix(_ run: LabRun) -> String { JSONWriter.text(document(run)) }

    package static func test(_ outcome: TestOutcome) -> String {
        var document = document(outcome.run)
        document["expectations"] = .array(
            outcome.cases.map { test in
                var json: JSONValue = [
                    "expectation": .string(test.title), "passed": .bool(test.passed), "place": .string(test.place.description),
                    "connections": JSONValue(test.probes.count),
                    "failures": .array(test.failures.map { .string(outcome.run.oracle.name(outcome.run.probes[$0])) }),
                ]
                if !test.because.isEmpty { json["because"] = .string(test.because) }
                return json
            })
        document["passed"] = .bool(outcome.failed.isEmpty)
        return JSONWriter.text(document)
    }

    private static func document(_ run: LabRun) -> JSONValue {
        let model = run.oracle.model
        var document: JSONValue = [
            "schema": .string(schema), "answeredBy": run.packets == nil ? "engine" : "engine and packets",
            "pods": JSONValue(model.networkedPods.count), "policies": JSONValue(model.policies.count),
            "allowed": JSONValue(run.allowedCount), "denied": JSONValue(run.probes.count - run.allowedCount),
            "disagreements": JSONValue(run.disputed.count),
        ]
        if let missing = run.packetsMissing { document["packetsMissing"] = .string(missing) }
        document["connections"] = .array(run.probes.indices.map { connection(run, $0) })
        return document
    }

    private static func connection(_ run: LabRun, _ index: Int) -> JSONValue {
        let probe = run.probes[index]
        var json: JSONValue = [
            "source": .string(run.oracle.name(probe.source)), "destination": .string(run.oracle.name(probe.destination)),
            "protocol": .string(probe.port.transport.kubernetesName), "port": JSONValue(probe.port.number.rawValue),
            "family": .string(probe.family.kubernetesName), "allowed": .bool(run.marks[index].isAllowed),
        ]
        if let service = probe.service { json["service"] = .string("\(service.service):\(service.port)") }
        if let verdict = run.oracle.verdict(probe) {
            json["egress"] = side(verdict.egress)
            json["ingress"] = side(verdict.ingress)
        }
        if let packets = run.packets {
            json["packet"] = .string(TextReport.words(packets[index]))
            json["microseconds"] = JSONValue(run.durations[index])
        }
        return json
    }

    private static func side(_ verdict: DirectionVerdict) -> JSONValue {
        var json: JSONValue = ["allowed": .bool(verdict.isAllowed)]
        if !verdict.isolatedBy.isEmpty { json["isolatedBy"] = JSONValue(verdict.isolatedBy.map(\.description)) }
        if !verdict.allowedBy.isEmpty { json["allowedBy"] = JSONValue(verdict.allowedBy.map(\.description)) }
        if case .rule(let rule) = verdict.reason { json["decidedBy"] = .string(rule.description) }
        return json
    }
}
