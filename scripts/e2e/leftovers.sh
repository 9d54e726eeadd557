say "what interrupted commands leave"
# A second cluster beside the first, interrupted again and again.
OTHER=(--name e2e-left --data-dir "$WORK/left")
# left_over: everything of the second cluster that is still there.
left_over() {
    ls -d "$WORK/left" 2>/dev/null
    ls /run/netns 2>/dev/null | grep '^e2e-left-'
    grep "$WORK/left" /proc/self/mounts
    find /sys/fs/cgroup -maxdepth 3 -type d -path '*skiff/e2e-left*' 2>/dev/null
    pgrep -af -- "--data-dir $WORK/left"
}
nothing_left() { equals "$(left_over)" ""; }
down_again() { timeout 120 "$SKIFF" down "${OTHER[@]}"; }
up_again() { timeout 120 "$SKIFF" up --nodes 1 --api-port $((PORT + 1)) --ip-family ipv4 "${OTHER[@]}"; }
# killed_up SIGNAL SECONDS: a 'skiff up' that ends so, so early.
killed_up() {
    up_again >"$WORK/left.up" 2>&1 &
    sleep "$2"
    pkill "-$1" -f -- "up .*--data-dir $WORK/left"
    wait $!
    true
}
for seconds in 0.05 0.2 0.4 0.7 1.2 2; do
    killed_up KILL $seconds
    check "skiff down after a skiff up that was killed after $seconds s" down_again
    check "leaves nothing" nothing_left
done
killed_up TERM 0.7
check "a skiff up that is asked to end takes away what it made" nothing_left

up_again >"$WORK/left.up" 2>&1 &
sleep 0.5
check "skiff down while skiff up is at work" down_again
wait $!
check "leaves nothing, also when skiff up has ended" nothing_left

up_again >"$WORK/left.up" 2>&1 || cat "$WORK/left.up"
pkill -KILL -f -- "supervise --data-dir $WORK/left"
check "skiff down without the supervisor" down_again
check "leaves nothing" nothing_left
check "a second skiff down has nothing to do" bash -c "'$SKIFF' down ${OTHER[*]} | grep -q 'there is no cluster'"

up_again >"$WORK/left.up" 2>&1 || cat "$WORK/left.up"
mkdir -p "$WORK/left/nodes/node1/mounted" "$WORK/elsewhere" && touch "$WORK/elsewhere/file" && mount --bind "$WORK/elsewhere" "$WORK/left/nodes/node1/mounted"
check "skiff down with a folder from elsewhere mounted in the data directory" down_again
check "leaves nothing" nothing_left
check "and deletes nothing behind the mount" test -e "$WORK/elsewhere/file"

up_again >"$WORK/left.up" 2>&1 || cat "$WORK/left.up"
rm -rf "$WORK/left"
check "skiff down after the data directory was removed" down_again
check "leaves nothing" nothing_left
