#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
# Claim: kube-proxy's configuration file works: its settings become rules, ports and kernel settings; unknown members are named and left; a
# changed file ends the proxy; a file that cannot be used is refused by name.
. "$NETNS_TESTS/lib.sh"
topology
need curl
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
cat >"$work/config.yaml" <<'YAML'
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
clientConnection:
  acceptContentTypes: ""
  burst: 0
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack:
  maxPerCore: null
  min: null
  tcpBeLiberal: true
  tcpCloseWaitTimeout: 2h0m0s
  tcpEstablishedTimeout: 30h0m0s
  udpStreamTimeout: 3m0s
  udpTimeout: 45s
healthzBindAddress: 127.0.0.1:11256
hostnameOverride: node1
metricsBindAddress: 127.0.0.1:11249
mode: nftables
nftables:
  masqueradeAll: true
  masqueradeBit: 15
  minSyncPeriod: 0s
  syncPeriod: 0s
nodePortAddresses:
- 192.168.60.0/24
udpIdleTimeout: 250ms
YAML
[ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
proxy() { "$SKIFF_BIN/skiff" proxy --objects "$work/web.json" --config "$1"; }
proxy "$work/config.yaml" >"$work/proxy.log" 2>&1 &
proxy_pid=$!
wait_until "our rules" grep -q 'synced rules' "$work/proxy.log"
check "the unknown member" "$(grep -o 'unknown field \\*"udpIdleTimeout' "$work/proxy.log" | tr -d '\\')" 'unknown field "udpIdleTimeout'
check "masqueradeBit" "$(nft list chain ip skiff-proxy nat-postrouting | grep -oE 'mark & 0x0000[0-9a-f]+' | head -1)" "mark & 0x00008000"
check "masqueradeAll" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.1"
check "nodePortAddresses, inside" "$(ask client tcp 192.168.60.1 30080)" "pod2 10.244.1.1"
check "nodePortAddresses, outside" "$(ask client tcp 192.168.50.1 30080)" refused
wait_until "healthzBindAddress" fetch http://127.0.0.1:11256/healthz
wait_until "metricsBindAddress" fetch http://127.0.0.1:11249/metrics
check "metricsBindAddress" "$(fetch http://127.0.0.1:11249/proxyMode)" nftables
check "conntrack" "$(sysctl -n net.netfilter.nf_conntrack_tcp_be_liberal net.netfilter.nf_conntrack_tcp_timeout_close_wait \
    net.netfilter.nf_conntrack_tcp_timeout_established net.netfilter.nf_conntrack_udp_timeout \
    net.netfilter.nf_conntrack_udp_timeout_stream | tr '\n' ' ')" "1 7200 108000 45 180 "
echo "# another one" >>"$work/config.yaml"
wait $proxy_pid
check "status after the file changed" $? 1
check "why it ended" "$(grep -o 'config.yaml was changed' "$work/proxy.log")" "config.yaml was changed"
check "the rules stay" "$(ask client tcp 192.168.60.1 30080)" "pod2 10.244.1.1"
# Without a mode and addresses a node port answers at every address, as in the modes that upstream takes then.
printf 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ""\nclusterCIDR: 10.244.0.0/16\nhealthzBindAddress: 127.0.0.1:11256\n' >"$work/plain.yaml"
proxy "$work/plain.yaml" >"$work/plain.log" 2>&1 &
proxy_pid=$!
wait_until "our rules" grep -q 'synced rules' "$work/plain.log"
check "every address" "$(ask client tcp 192.168.50.1 30080)" "pod2 10.244.1.1"
kill $proxy_pid
wait $proxy_pid 2>/dev/null
refusal() { printf 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: %s\n%s\n' "$1" "$2" >"$work/bad.yaml"; proxy "$work/bad.yaml" 2>&1; }
check "another kind" "$(refusal Pod '' | grep -o 'is no kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration')" \
    "is no kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration"
check "a value of another type" "$(refusal KubeProxyConfiguration 'conntrack: {min: many}' | grep -o 'conntrack.min: a value of another type')" \
    "conntrack.min: a value of another type"
check "a mode that does not exist" "$(refusal KubeProxyConfiguration 'mode: magic' | grep -o "there is no 'magic'")" "there is no 'magic'"
finish
