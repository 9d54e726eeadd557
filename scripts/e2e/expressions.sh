say "expressions"
k apply -f - >/dev/null <<'Y'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ranges.expressions.example.com}
spec:
  group: expressions.example.com
  scope: Namespaced
  names: {plural: ranges, kind: Range}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations:
            - {rule: "self.min <= self.max", messageExpression: "'%d is more than %d'.format([self.min, self.max])"}
            properties:
              min: {type: integer}
              max: {type: integer}
              kept: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: kept is immutable}]}
Y
check "a definition with rules is established" within 120 k wait --for=condition=Established \
    crd/ranges.expressions.example.com --timeout=5s
range() { echo '{"apiVersion":"expressions.example.com/v1","kind":"Range","metadata":{"name":"r"},"spec":'"$1"'}'; }
check "a rule refuses" refuses '2 is more than 1' k create -f - <<<"$(range '{"min":2,"max":1}')"
check "what keeps the rules is taken" k create -f - <<<"$(range '{"min":1,"max":2,"kept":"a"}')"
check "a transition rule refuses" refuses 'kept is immutable' k patch range r --type=merge -p '{"spec":{"kept":"b"}}'
rule=/spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations/0/rule
check "a rule that does not compile is refused" refuses "undefined field 'nope'" k patch crd ranges.expressions.example.com \
    --type=json -p '[{"op":"replace","path":"'$rule'","value":"self.nope > 1"}]'

k create namespace judged >/dev/null
k label namespace judged judged=yes >/dev/null
k apply -f - >/dev/null <<'Y'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas.example.com}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  variables: [{name: replicas, expression: object.spec.replicas}]
  validations: [{expression: variables.replicas <= 5, messageExpression: "'too many: ' + string(variables.replicas)"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas.example.com}
spec:
  policyName: replicas.example.com
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {judged: "yes"}}}
Y
check "a policy is judged by its types" within 120 bash -c \
    "'$KUBECTL' get validatingadmissionpolicy replicas.example.com -o jsonpath='{.status.observedGeneration}' | grep 1"
check "a policy refuses with its message" within 120 refuses \
    "ValidatingAdmissionPolicy 'replicas.example.com' with binding 'replicas.example.com' denied request: too many: 6" \
    k -n judged create deployment many --image=skiff.local/busybox:latest --replicas=6 --dry-run=server
check "a policy lets the rest pass" k -n judged create deployment few --image=skiff.local/busybox:latest --replicas=0
check "a policy says nothing elsewhere" k create deployment many --image=skiff.local/busybox:latest --replicas=6 --dry-run=server

if k api-resources --api-group=admissionregistration.k8s.io -o name | grep -q mutatingadmissionpolicies; then
    k apply -f - >/dev/null <<'Y'
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: mark.example.com}
spec:
  reinvocationPolicy: IfNeeded
  matchConstraints:
    namespaceSelector: {matchLabels: {judged: "yes"}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration: {expression: "Object{metadata: Object.metadata{annotations: {'marked-by': request.userInfo.username}}}"}
  - patchType: JSONPatch
    jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/data', value: {'size': string(size(object.metadata.name))}}]"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: mark.example.com}
spec: {policyName: mark.example.com}
Y
    changed() {
        k -n judged delete configmap four --ignore-not-found && k -n judged create configmap four &&
            equals "$(k -n judged get configmap four -o jsonpath='{.data.size}')" 4
    }
    check "a policy changes what is written" within 120 changed
    check "with an apply configuration too" test -n "$(k -n judged get configmap four -o jsonpath='{.metadata.annotations.marked-by}')"
    k delete mutatingadmissionpolicy,mutatingadmissionpolicybinding mark.example.com >/dev/null
fi
k delete validatingadmissionpolicy,validatingadmissionpolicybinding replicas.example.com >/dev/null
k delete namespace judged --wait=false >/dev/null
k delete crd ranges.expressions.example.com --wait=false >/dev/null
