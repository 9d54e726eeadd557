#!/bin/bash
# Every exit status of the tool: 0 all is well, 1 a finding, 2 bad input, 3 engine and packets disagree, 4 no enforcement here. And the
# first steps of somebody new: each mistake is answered with the next step.
. "$NETNS_TESTS/lib.sh"
netpol() { "$SKIFF_BIN/skiff" netpol "$@"; }
status() { netpol "$@" >"$work/out" 2>&1 </dev/null; echo $?; }
# says TEXT: whether the last output has it.
says() { if grep -qF -- "$1" "$work/out"; then echo yes; else head -5 "$work/out"; fi; }
example=$NETNS_TESTS/../examples/netpol
ip link set lo up 2>/dev/null
mkdir "$work/empty"; cd "$work/empty" || exit 1

check "0: as expected" "$(status test -f "$example")" 0
printf 'apiVersion: netpol.skiff/v1\nkind: Expectations\nallow: ["shop/web -> shop/db:5432"]\n' >"$work/wrong.yaml"
check "1: an expectation fails" "$(status test -f "$example" -e "$work/wrong.yaml")" 1
check "and is explained" "$(says 'shop/web-0 -> shop/db-0:5432/tcp   DENIED')" yes
check "1: too little is covered" "$(status cover -f "$example" -e "$work/wrong.yaml" --minimum 50)" 1
check "1: lint, strictly" "$(status lint -f "$example" --strict)" 1

check "no arguments: help" "$(status)" 0
check "which names the first step" "$(says 'skiff netpol matrix -f k8s/')" yes
check "lines that a narrow terminal would break" "$(COLUMNS=80 netpol --help | grep -c '^ *change$\|^reachability')" 0
check "2: a subcommand that is none" "$(status matrx -f "$example")" 2
check "and which there are" "$(says 'there are matrix, test, explain')" yes
check "help is a subcommand too" "$(status help explain) $(says 'SOURCE -> DESTINATION')" "0 yes"
check "2: an unknown option" "$(status matrix --fiel x) $(says 'skiff netpol matrix --help')" "2 yes"
check "2: no files are named" "$(status matrix) $(says 'give manifests with -f')" "2 yes"
check "2: watch without files" "$(status watch) $(says 'give manifests with -f')" "2 yes"
check "2: watch of a file that is not there" "$(status watch -f none.yaml) $(says 'none.yaml: no such file')" "2 yes"
check "2: an empty directory is no success" "$(status matrix -f .) $(says 'no .yaml, .yml or .json file in .')" "2 yes"
grep -v '^#' "$example/policies.yaml" >policies.yaml
check "2: policies without pods" "$(status matrix -f .) $(says 'the input has no pods')" "2 yes"
check "2: nothing is expected" "$(status test -f "$example/workloads.yaml") $(says 'skiff netpol init')" "2 yes"
check "2: a pod that is not there" "$(status shell -f "$example" shop/none -- true) $(says 'there are kube-system/coredns-0')" "2 yes"
check "2: a Service that is not there" "$(status explain -f "$example" 'shop/web -> svc/none') $(says 'it has shop/api')" "2 yes"
check "2: no cluster to read" "$(KUBECONFIG=$work/none status from-cluster) $(says '--kubeconfig FILE')" "2 yes"
check "the shell's status is the command's" "$(status shell -f "$example" shop/web -- sh -c 'exit 17')" 17
check "2: a command that is not there" "$(status shell -f "$example" shop/web -- none) $(says 'none: No such file')" "2 yes"
ln -s "$work/report" "$work/link"
check "a report where a link leads" "$(status test -f "$example" --markdown "$work/link") $(test -L "$work/link" && grep -c passed "$work/report")" "0 2"
check "a report on standard output" "$(netpol test -f "$example" --markdown - 2>/dev/null | head -1 | grep -c '### Network policies')" 1
check "no colours in a file" "$(netpol explain -f "$example" 'shop/web -> shop/db' | grep -c $'\e')" 0

# Faults in system calls: packets that cannot leave look like denied ones, so the engine's answer is not confirmed.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    strace -qq -o /dev/null -e trace=connect -e inject=connect:error=EHOSTUNREACH:when=20+ \
        "$SKIFF_BIN/skiff" netpol matrix -f "$example" >"$work/out" 2>&1
    check "3: engine and packets disagree" "$? $(says 'this is a defect of this program')" "3 yes"
    check "the matrix shows where" "$(grep -c '^[0-9].*~' "$work/out" | sed 's/[1-9][0-9]*/some/') $(says 'REAL PACKETS DISAGREE')" "some yes"
    check "and the list names both answers" "$(says 'engine: allowed; packet: could not be sent')" yes
    strace -qq -o /dev/null -e trace=connect -e inject=connect:error=EHOSTUNREACH:when=1 \
        "$SKIFF_BIN/skiff" netpol matrix -f "$example" >"$work/out" 2>&1
    check "4: nothing gets through without rules" "$? $(says 'control probe: without any rule')" "4 yes"
    check "and what else can be done" "$(says 'add --engine-only')" yes
    strace -qq -o /dev/null -e trace=unshare -e inject=unshare:error=EPERM \
        "$SKIFF_BIN/skiff" netpol matrix -f "$example" >"$work/out" 2>&1
    check "4: no namespaces" "$? $(says 'seccomp profile refuses unshare')" "4 yes"
else
    echo "no strace that may trace here: statuses 3 and 4 are not forced"
fi
finish
