"""Compares the answers of skiff explain with those shown in a page: explain_doc.py PAGE ANSWERS [update].

ANSWERS holds blocks of a heading, a command and what it printed, parted by lines of "====". In the page each block stands as a code
block below a line "<!-- answer: HEADING -->". Prints what differs; with "update" the page gets the new answers.
"""
import re
import sys

page_path, answers_path = sys.argv[1], sys.argv[2]
page = open(page_path).read()
status = 0
for block in open(answers_path).read().split("====\n"):
    if not block.strip():
        continue
    heading, body = block.split("\n", 1)
    pattern = re.compile(r"(<!-- answer: %s -->\n```\n)(.*?)(```\n)" % re.escape(heading), re.S)
    found = pattern.search(page)
    if not found:
        print(f"the page has no place for '{heading}'")
        status = 1
    elif found.group(2) != body:
        if len(sys.argv) > 3:
            page = page[: found.start(2)] + body + page[found.end(2):]
        else:
            print(f"'{heading}' differs; the answer is now:\n{body}")
            status = 1
if len(sys.argv) > 3:
    open(page_path, "w").write(page)
sys.exit(status)
