#!/bin/bash
# node ── pod, while the kernel refuses, interrupts or is busy, and while the disk is full
# Claim: a system call that fails makes the call fail with an error that runtimes can read, and nothing is left; interruptions, a busy
# kernel, a full disk and the state of an earlier boot do not matter.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need strace
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
pod("f")
conf = configuration(mtu=1400)
ports = conf | {"runtimeConfig": {"portMappings": [{"hostPort": 8080, "containerPort": 80}]}}
if subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True).returncode:
    skip("strace may not trace here")


def injected(command, given, call_name, fault, number):
    return call(command, given, id="f", wrapper=(
        "strace", "-qq", "-f", "-o", f"{work}/log", "-e", f"trace={call_name}", "-e", f"inject={call_name}:{fault}:when={number}"))


def hit():
    return "INJECTED" in open(f"{work}/log").read()


call("ADD", ports, id="f")
delete(ports, id="f")
served, failed, wrong = 0, 0, []
for call_name in ("sendto", "recvfrom", "socket", "setns", "openat", "setsockopt"):
    for error in ("ENOMEM", "ENOBUFS", "EPERM", "EMFILE"):
        for number in range(1, 30):
            answer = injected("ADD", ports, call_name, f"error={error}", number)
            if not hit():
                delete(ports, id="f")
                break
            if answer.code == 0:
                served += 1
                delete(ports, id="f")
            elif isinstance(answer.code, int) and answer.json.get("msg"):
                failed += 1
            elif answer.status not in (-5, -4, 132, 133) or call_name != "setns":  # no way back into the host's namespace
                wrong.append((call_name, error, number, answer.status, answer.output))
            if call_name in ("sendto", "recvfrom"):
                delete(ports, id="f")  # what was undone through the failing socket
            if traces() or links("f"):
                wrong.append((call_name, error, number, traces(), links("f")))
                delete(ports, id="f")
print(f"     {served} served all the same, {failed} refused")
holds("system calls that fail: enough of them", failed > 60)
check("  answers that nobody can read, and what was left", wrong[:3], [])
interrupted = []
for call_name in ("recvfrom", "sendto", "read", "poll"):
    for number in range(1, 30):
        answer = injected("ADD", ports, call_name, "error=EINTR", number)
        if not hit():
            delete(ports, id="f")
            break
        if answer.code or delete(ports, id="f").code:
            interrupted.append((call_name, number, answer.text))
check("interrupted system calls: failed", interrupted[:3], [])
again = [delete(ports, id="f").code, traces()]
check("then all is well", again, [0, []])
lost = []
for number in range(1, 12):
    call("ADD", conf, id="f")
    if injected("DEL", conf, "recvfrom", "error=ENOBUFS", number).code or traces():
        lost.append(number)
    delete(conf, id="f")
check("DEL that misses announcements: left something", [n for n in lost if n > 8], [])



def counted():
    """An ADD, and the number of its system calls."""
    answer = call("ADD", conf, id="f", wrapper=("strace", "-f", "-qq", "-c", "-U", "calls,name", "-o", f"{work}/calls"))
    return answer, int(open(f"{work}/calls").read().splitlines()[-1].split()[0])


_, few = counted()
delete(conf, id="f")
batch = "".join(f"link add x{n} group 77 type veth peer name y{n} group 77\n" for n in range(1200))
subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
busy = subprocess.Popen(["ip", "link", "del", "group", "77"])
time.sleep(0.05)
answer, many = counted()
check("while the kernel deletes 2400 links", (answer.code, delete(conf, id="f").code), (0, 0))
holds("  it waits and does not spin", many < few + 50, f"{many} system calls, {few} on an idle kernel")
busy.wait()

log = f"{work}/files"
call("ADD", ports, id="f", wrapper=("strace", "-f", "-qq", "-e", "trace=open,openat,creat,mkdir,rename,unlink,mknod,link,symlink", "-o", log))
call("DEL", ports, id="f", wrapper=("strace", "-f", "-qq", "-A", "-e", "trace=open,openat,creat,mkdir,rename,unlink,mknod,link,symlink", "-o", log))
written = [line for line in open(log) if "O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line or "openat" not in line]
check("files that ADD and DEL create or write", written, [])
os.mkdir("/run/full")
run("mount", "-t", "tmpfs", "-o", "size=4k", "none", "/run/full")
subprocess.run("cat /dev/zero > /run/full/x", shell=True, capture_output=True)
full = subprocess.run([PLUGIN], env=environment("ADD", "f"), input=json.dumps(conf).encode(), capture_output=True, cwd="/run/full")
check("on a full disk", (full.returncode, delete(conf, id="f").code), (0, 0))
readonly = subprocess.run(
    ["unshare", "-m", "sh", "-c", f"mount -o remount,ro,bind / 2>/dev/null || mount -o remount,ro /; exec {PLUGIN}"],
    env=environment("ADD", "f"), input=json.dumps(conf).encode(), capture_output=True)
check("on a disk that is read only", (readonly.returncode, delete(conf, id="f").code), (0, 0))

# Another host's namespace stands for the next boot: results are there, links are not.
answer = call("ADD", ports, id="f")
pod("boot")
enter = ("nsenter", "--net=/run/netns/boot")
for namespace in ("", "/run/netns/gone"):
    check("DEL of what an earlier boot had", call("DEL", ports | {"prevResult": answer.json}, id="f", netns=namespace, wrapper=enter).code, 0)
pod("g")
check("  its address can be had", call("ADD", configuration(["10.244.1.0/29"]), id="g", wrapper=enter).code, 0)
delete(ports, id="f")
check("nothing is left", traces(), [])
finish()
PYTHON
