"""Reads `nft list table` and writes it with the elements of each set one per line and sorted.

The numbers of counters are left out. Argument `sets`: only sets and maps that have elements. Argument `all`: everything.
"""
import re
import sys

text = re.sub(r" counter packets \d+ bytes \d+", "", sys.stdin.read())
only_sets = sys.argv[1] == "sets"


def sort(match):
    items = sorted(re.split(r",\s+", match.group(1).strip()))
    return "elements = {\n" + "".join(f"\t\t\t{item}\n" for item in items) + "\t\t}"


if only_sets:
    blocks = re.findall(r"^\t(?:set|map) .*?^\t}\n", text, re.S | re.M)
    text = "\n".join(block for block in blocks if "elements = {" in block)
print(re.sub(r"elements = \{(.*?)\}", sort, text, flags=re.S), end="")
