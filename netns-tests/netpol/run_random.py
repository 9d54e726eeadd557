"""Random policies from seeds: the engine, the packets and the reference agree on every pair of pods, port, protocol and family.

    run_random.py SKIFF SEED...        run_random.py SKIFF --count N [--from SEED] [--jobs N]

Needs no root. Each seed is one case; prints those that fail with what differs, and "N passed, M failed" at the end.
"""
import json, os, subprocess, sys
from concurrent.futures import ProcessPoolExecutor

import random_policies
from reference import World

skiff = sys.argv[1]


def case(seed):
    """The number of connections, and what is wrong."""
    documents = random_policies.make(seed)
    result = subprocess.run([skiff, "netpol", "matrix", "-f", "-", "--family", "dual", "-o", "json"],
                            input=random_policies.text(documents), capture_output=True, text=True)
    if result.returncode != 0:
        return seed, 0, f"exit status {result.returncode}: {result.stderr.strip()[:2000]}"
    report, world = json.loads(result.stdout), World(documents)
    if report["answeredBy"] != "engine and packets" or len(report["connections"]) < 500:
        return seed, 0, f"only {len(report['connections'])} connections, answered by {report['answeredBy']}"
    wrong = []
    for one in report["connections"]:
        expected = world.allows(one["source"], one["destination"], one["protocol"], one["port"], int(one["family"][3]))
        if expected != one["allowed"] or expected != (one["packet"] == "answered"):
            wrong.append(f"{one['source']} -> {one['destination']}:{one['port']}/{one['protocol']} {one['family']}: reference "
                         f"{'allowed' if expected else 'denied'}, engine {'allowed' if one['allowed'] else 'denied'}, packet {one['packet']}")
    return seed, len(report["connections"]), "" if not wrong else f"{len(wrong)} differences:\n     " + "\n     ".join(wrong[:10])


def option(name, otherwise):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else otherwise


if __name__ == "__main__":
    first = option("--from", 1)
    seeds = range(first, first + option("--count", 0)) if "--count" in sys.argv else [int(word) for word in sys.argv[2:]]
    passed = failed = connections = 0
    with ProcessPoolExecutor(option("--jobs", os.cpu_count() or 1)) as pool:
        for seed, count, wrong in pool.map(case, seeds, chunksize=4):
            connections += count
            if wrong:
                failed += 1
                print(f"FAIL seed {seed}: {wrong}", flush=True)
            else:
                passed += 1
            if (passed + failed) % 500 == 0:
                print(f"... {passed} of {passed + failed} seeds agree, the last is {seed}", flush=True)
    print(f"{passed} of {passed + failed} seeds agree, in {connections} connections")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
