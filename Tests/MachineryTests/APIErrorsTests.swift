import API
import JSON
import Testing

@testable import Machinery

@Suite struct APIErrorsTests {
    let deployments = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
    let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")

    @Test func `says what upstream says`() {
        #expect(APIErrors.notFound(deployments, "web").message == "deployments.apps \"web\" not found")
        #expect(APIErrors.notFound(pods, "web").details?.kind == "pods")
        #expect(APIErrors.alreadyExists(pods, "web").message == "pods \"web\" already exists")
        #expect(
            APIErrors.conflict(deployments, "web").message
                == "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes "
                + "to the latest version and try again")
        #expect(APIErrors.forbidden(pods, "", "no").message == "pods is forbidden: no")
        #expect(APIErrors.methodNotSupported(pods, "create").code == 405)
        #expect(APIErrors.expiredWatch.code == 410)
    }

    @Test func `lists every wrong field`() {
        let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
        let one = APIErrors.invalid(kind, "web", [.required(FieldPath("spec")("selector"))])
        #expect(one.message == "Deployment.apps \"web\" is invalid: spec.selector: Required value")
        #expect(one.code == 422)
        let two = APIErrors.invalid(
            kind, "web", [.required(FieldPath("a")), .invalid(FieldPath("b"), "x", "no"), .required(FieldPath("a"))])
        #expect(two.message == "Deployment.apps \"web\" is invalid: [a: Required value, b: Invalid value: \"x\": no]")
        #expect(two.details?.causes.first == Status.Cause(reason: "FieldValueRequired", message: "Required value", field: "a"))
        #expect(two.details?.kind == "Deployment")
    }
}
