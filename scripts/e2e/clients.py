"""The Python client against the API server: a list, a watch, patches, and a kind that this script defines."""

import sys
import threading

from kubernetes import client, config, watch

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
name = "day-python"

core.create_namespace({"metadata": {"name": name}})
try:
    core.create_namespaced_config_map(name, {"metadata": {"name": "one"}, "data": {"color": "red"}})
    listed = core.list_namespaced_config_map(name, label_selector="", limit=500)
    assert "one" in [item.metadata.name for item in listed.items], listed

    threading.Timer(
        0.5, core.patch_namespaced_config_map, ("one", name, {"data": {"color": "blue"}})
    ).start()
    seen = watch.Watch()
    for event in seen.stream(
        core.list_namespaced_config_map, name, resource_version=listed.metadata.resource_version, timeout_seconds=120
    ):
        if event["type"] == "MODIFIED" and event["object"].data == {"color": "blue"}:
            seen.stop()
            break
    else:
        raise AssertionError("the change did not arrive")

    group, plural = "skiff.example.com", "boats"
    definitions = client.ApiextensionsV1Api()
    definitions.create_custom_resource_definition(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": plural, "singular": "boat", "kind": "Boat", "listKind": "BoatList"},
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "subresources": {"status": {}},
                        "schema": {
                            "openAPIV3Schema": {
                                "type": "object",
                                "properties": {
                                    "spec": {
                                        "type": "object",
                                        "required": ["sails"],
                                        "properties": {
                                            "sails": {"type": "integer", "minimum": 0},
                                            "color": {"type": "string", "default": "white"},
                                        },
                                    },
                                    "status": {"type": "object", "properties": {"afloat": {"type": "boolean"}}},
                                },
                            }
                        },
                    }
                ],
            },
        }
    )
    try:
        seen = watch.Watch()
        for event in seen.stream(
            definitions.list_custom_resource_definition, field_selector=f"metadata.name={plural}.{group}", timeout_seconds=120
        ):
            conditions = event["object"].status.conditions or [] if event["object"].status else []
            if any(c.type == "Established" and c.status == "True" for c in conditions):
                seen.stop()
                break
        else:
            raise AssertionError("the definition was not established")

        custom = client.CustomObjectsApi()
        boat = {"apiVersion": f"{group}/v1", "kind": "Boat", "metadata": {"name": "b"}, "spec": {"sails": 2, "motor": True}}
        made = custom.create_namespaced_custom_object(group, "v1", name, plural, boat)
        assert made["spec"] == {"sails": 2, "color": "white"}, made
        try:
            custom.create_namespaced_custom_object(
                group, "v1", name, plural, {**boat, "metadata": {"name": "c"}, "spec": {"sails": -1}}
            )
            raise AssertionError("a boat with fewer than no sails")
        except client.ApiException as refused:
            assert refused.status == 422, refused
        custom.patch_namespaced_custom_object(group, "v1", name, plural, "b", {"spec": {"sails": 3}})
        custom.patch_namespaced_custom_object_status(group, "v1", name, plural, "b", {"status": {"afloat": True}})
        found = custom.get_namespaced_custom_object(group, "v1", name, plural, "b")
        assert (found["spec"]["sails"], found["status"]) == (3, {"afloat": True}), found
    finally:
        definitions.delete_custom_resource_definition(f"{plural}.{group}")
finally:
    core.delete_namespace(name)
print("the Python client is content")
