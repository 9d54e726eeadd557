say "stop"
check "skiff down" skiff down
check "skiff status fails afterwards" bash -c "! '$SKIFF' status ${CLUSTER[*]}"
check "no process of ours is left" bash -c "! pgrep -af '$WORK/data|skiff (server|agent|supervise|node-init)' | grep -v e2e.sh | grep -v pgrep | grep -F '$WORK'"
check "no network namespace is left" equals "$(ls /run/netns 2>/dev/null | sort)" "$netns_before"
check "no mount is left" equals "$(sort /proc/mounts | md5sum)" "$mounts_before"
check "no cgroup is left" bash -c "[ -z \"\$(find /sys/fs/cgroup -maxdepth 3 -type d -path '*skiff*e2e*' 2>/dev/null)\" ]"
check "no data directory is left" test ! -e "$WORK/data"
