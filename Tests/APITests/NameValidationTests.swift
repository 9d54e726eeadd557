import JSON
import Testing

@testable import API

@Suite struct NameValidationTests {
    @Test(arguments: [
        ("web", true), ("web-1", true), ("1", true), ("Web", false), ("-web", false), ("web-", false), ("", false),
        ("a.b", false),
        (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false), ("ü", false),
    ])
    func `judges labels of names`(name: String, fine: Bool) {
        #expect(NameValidation.dns1123Label(name).isEmpty == fine)
    }

    @Test(arguments: [("a.b", true), ("a..b", false), ("example.com", true), (".a", false), ("a/b", false), ("A", false)])
    func `judges subdomains`(name: String, fine: Bool) {
        #expect(NameValidation.dns1123Subdomain(name).isEmpty == fine)
    }

    @Test(arguments: [
        ("app", true), ("example.com/app", true), ("a/b/c", false), ("/a", false), ("a/", false), ("App.v_1", true),
        ("-a", false),
    ])
    func `judges keys of labels`(name: String, fine: Bool) {
        #expect(NameValidation.qualifiedName(name).isEmpty == fine)
    }

    @Test(arguments: [
        ("http", true), ("web-80", true), ("80", false), ("a--b", false), ("-a", false), ("waytoolongportname", false),
    ])
    func `judges names of ports`(name: String, fine: Bool) {
        #expect(NameValidation.portName(name).isEmpty == fine)
    }

    @Test func `says what upstream says`() {
        #expect(
            NameValidation.dns1123Label("Bad_Name") == [
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
                    + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ])
        let path = FieldPath("spec")("ports")[0]("port")
        #expect(FieldError.invalid(path, 0, "no").description == "spec.ports[0].port: Invalid value: 0: no")
        #expect(FieldError.required(path).description == "spec.ports[0].port: Required value")
        #expect(
            FieldError.notSupported(path, "x", supported: ["b", "a"]).body
                == "Unsupported value: \"x\": supported values: \"a\", \"b\"")
        #expect(FieldError.duplicate(path, "x").body == "Duplicate value: \"x\"")
        #expect(FieldError.tooMany(path, count: 5, max: 4).body == "Too many: 5: must have at most 4 items")
    }
}
