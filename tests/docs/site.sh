#!/bin/sh
# The book builds, each link in it leads to a page or a place that is there, and no
# page asks another host.
#
#   tests/docs/site.sh LUNATIC
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-site.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0
"$top/tools/site/build.sh" "$work/book" >"$work/out" 2>&1 || status=$?
[ $status -eq 0 ] || { sed 's/^site: /skipped: /' "$work/out"; exit $status; }
python3 -B - "$work/book" <<'EOS'
import os, re, sys, urllib.parse

top = sys.argv[1]
pages, bad, links = {}, 0, 0
for folder, _, names in os.walk(top):
    for name in names:
        if name.endswith(".html") and name not in ("print.html", "404.html", "toc.html"):
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                pages[path] = file.read()
for path, text in pages.items():
    name = os.path.relpath(path, top)
    for link in re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([a-z]+:[^"]*)"', text):
        print("FAILED: %s asks %s" % (name, link))
        bad += 1
    # The script of the book asks a compiler for these.
    if re.search(r'class="[^"]*\bplayground\b', text):
        print("FAILED: %s has code to run elsewhere" % name)
        bad += 1
    for text in re.findall(r'<a [^>]*>([a-z0-9./-]+\.md)</a>', text):
        print("FAILED: %s: a link is called %s" % (name, text))
        bad += 1
ids = {path: set(re.findall(r'\bid="([^"]*)"', text)) for path, text in pages.items()}
for path, text in pages.items():
    for link in re.findall(r'<a [^>]*href="([^"]*)"', text):
        target, _, place = urllib.parse.unquote(link).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        links += 1
        there = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.isfile(there):
            print("FAILED: %s: no file for %s" % (os.path.relpath(path, top), link))
            bad += 1
        elif place and there in ids and place not in ids[there]:
            print("FAILED: %s: no such place: %s" % (os.path.relpath(path, top), link))
            bad += 1
if len(pages) < 50 or links < 500:
    print("FAILED: only %d pages with %d links" % (len(pages), links))
    bad += 1
if not any(name.startswith("searchindex") for name in os.listdir(top)):
    print("FAILED: no index to search")
    bad += 1
print("%d pages, %d links" % (len(pages), links))
sys.exit(bad != 0)
EOS
