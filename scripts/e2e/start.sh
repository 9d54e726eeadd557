say "start"
check "skiff status fails before there is a cluster" bash -c "! '$SKIFF' status ${CLUSTER[*]}"
mounts_before=$(sort /proc/mounts | md5sum)
netns_before=$(ls /run/netns 2>/dev/null | sort)
host_rules_before=$(nft list ruleset 2>/dev/null | md5sum)
host_links_before=$(ls /sys/class/net | sort)
begin=$SECONDS
skiff up --nodes 3 --api-port "$PORT" --store "$STORE" >"$WORK/up" 2>&1 || { cat "$WORK/up"; echo "skiff up failed"; FAILED=$((FAILED + 1)); exit 1; }
echo "skiff up took $((SECONDS - begin)) s"
export KUBECONFIG=$(skiff kubeconfig)
check "skiff kubeconfig prints a file that exists" test -s "$KUBECONFIG"
check "skiff status succeeds while it runs" skiff status
check "skiff status -o json is JSON" bash -c "'$SKIFF' status ${CLUSTER[*]} -o json | python3 -m json.tool"
check "a second skiff up says that it runs already" refuses "already" "$SKIFF" up --nodes 3 "${CLUSTER[@]}"
check "three nodes are Ready" bash -c '[ "$('"$KUBECTL"' get nodes --no-headers | grep -cw Ready)" = 3 ]'
check "the host's own rules are as before" equals "$(nft list ruleset 2>/dev/null | md5sum)" "$host_rules_before"
check "the host's own links are as before" equals "$(ls /sys/class/net | sort)" "$host_links_before"
