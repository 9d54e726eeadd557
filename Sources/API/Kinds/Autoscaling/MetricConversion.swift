import JSON

/// One metric between the forms of `autoscaling/v1` annotations and `autoscaling/v2`.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/autoscaling/v1/conversion.go`.
enum MetricConversion {
    private static let members = [
        "Object": "object", "Pods": "pods", "Resource": "resource", "ContainerResource": "containerResource",
        "External": "external",
    ]

    private static func change(_ metric: JSONValue, _ change: (String, JSONValue) -> JSONValue) -> JSONValue {
        var result: JSONValue = ["type": metric["type"] ?? ""]
        for member in members.values {
            if let source = metric[member], !source.isNull { result[member] = change(member, source) }
        }
        return result
    }

    /// Drops members that have no value.
    private static func object(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(
            JSONObject(
                members.compactMap { key, value in
                    guard let value, !value.isNull else { return nil }
                    return JSONObject.Member(key: key, value: value)
                }))
    }

    static func specToV1(_ metric: JSONValue) -> JSONValue {
        change(metric) { member, source in
            let (target, identity) = (source["target"], source["metric"])
            switch member {
            case "object":
                return object([
                    ("target", source["describedObject"]), ("metricName", identity?["name"]),
                    ("targetValue", target?["value"] ?? "0"), ("selector", identity?["selector"]),
                    ("averageValue", target?["averageValue"]),
                ])
            case "pods":
                return object([
                    ("metricName", identity?["name"]), ("targetAverageValue", target?["averageValue"] ?? "0"),
                    ("selector", identity?["selector"]),
                ])
            case "external":
                return object([
                    ("metricName", identity?["name"]), ("metricSelector", identity?["selector"]),
                    ("targetValue", target?["value"]), ("targetAverageValue", target?["averageValue"]),
                ])
            default:
                return object([
                    ("name", source["name"]), ("targetAverageUtilization", target?["averageUtilization"]),
                    ("targetAverageValue", target?["averageValue"]), ("container", source["container"]),
                ])
            }
        }
    }

    static func specToV2(_ metric: JSONValue) -> JSONValue {
        change(metric) { member, source in
            switch member {
            case "object":
                let hasAverage = source.has("averageValue")
                return object([
                    ("describedObject", source["target"]), ("metric", identity(source, "selector")),
                    (
                        "target",
                        target(
                            hasAverage ? "AverageValue" : "Value", value: hasAverage ? nil : source["targetValue"],
                            average: source["averageValue"])
                    ),
                ])
            case "pods":
                return object([
                    ("metric", identity(source, "selector")),
                    ("target", target("AverageValue", average: source["targetAverageValue"])),
                ])
            case "external":
                return object([
                    ("metric", identity(source, "metricSelector")),
                    (
                        "target",
                        target(
                            source.has("targetValue") ? "Value" : "AverageValue", value: source["targetValue"],
                            average: source["targetAverageValue"])
                    ),
                ])
            default:
                let use = source["targetAverageUtilization"]
                return object([
                    ("name", source["name"]), ("container", source["container"]),
                    (
                        "target",
                        target(
                            source.has("targetAverageUtilization") ? "Utilization" : "AverageValue",
                            average: source["targetAverageValue"], utilization: use)
                    ),
                ])
            }
        }
    }

    private static func identity(_ source: JSONValue, _ selector: String) -> JSONValue {
        object([("name", source["metricName"]), ("selector", source[selector])])
    }

    private static func target(
        _ type: String, value: JSONValue? = nil, average: JSONValue? = nil, utilization: JSONValue? = nil
    ) -> JSONValue {
        object([
            ("type", .string(type)), ("value", value), ("averageValue", average), ("averageUtilization", utilization),
        ])
    }

    static func statusToV1(_ metric: JSONValue) -> JSONValue {
        change(metric) { member, source in
            let (current, identity) = (source["current"], source["metric"])
            switch member {
            case "object":
                return object([
                    ("target", source["describedObject"]), ("metricName", identity?["name"]),
                    ("currentValue", current?["value"] ?? "0"), ("selector", identity?["selector"]),
                    ("averageValue", current?["averageValue"]),
                ])
            case "pods":
                return object([
                    ("metricName", identity?["name"]), ("currentAverageValue", current?["averageValue"] ?? "0"),
                    ("selector", identity?["selector"]),
                ])
            case "external":
                return object([
                    ("metricName", identity?["name"]), ("metricSelector", identity?["selector"]),
                    ("currentValue", current?["value"] ?? "0"), ("currentAverageValue", current?["averageValue"]),
                ])
            default:
                return object([
                    ("name", source["name"]), ("currentAverageUtilization", current?["averageUtilization"]),
                    ("currentAverageValue", current?["averageValue"] ?? "0"), ("container", source["container"]),
                ])
            }
        }
    }

    static func statusToV2(_ metric: JSONValue) -> JSONValue {
        change(metric) { member, source in
            switch member {
            case "object":
                return object([
                    ("describedObject", source["target"]), ("metric", identity(source, "selector")),
                    ("current", object([("value", source["currentValue"]), ("averageValue", source["averageValue"])])),
                ])
            case "pods":
                return object([
                    ("metric", identity(source, "selector")),
                    ("current", object([("averageValue", source["currentAverageValue"])])),
                ])
            case "external":
                return object([
                    ("metric", identity(source, "metricSelector")),
                    ("current", object([("value", source["currentValue"]), ("averageValue", source["currentAverageValue"])])),
                ])
            default:
                return object([
                    ("name", source["name"]), ("container", source["container"]),
                    (
                        "current",
                        object([
                            ("averageUtilization", source["currentAverageUtilization"]),
                            ("averageValue", source["currentAverageValue"]),
                        ])
                    ),
                ])
            }
        }
    }
}
