"""Writes a bill of materials, CycloneDX 1.5 as JSON: all that is linked in.

Crates are those that `cargo tree` tells for the processor; libraries those of
the sysroot (tools/dist/sysroot.sh), or of this system if there is none.
"""
import argparse
import datetime
import hashlib
import json
import os
import subprocess
import uuid

# Packages of Debian, each with its licence by SPDX's names; `linked` is what
# gets into the program.
LIBRARIES = {
    "libssl-dev": ("openssl", "Apache-2.0"),
    "libsqlite3-dev": ("sqlite3", "blessing"),
    "libjansson-dev": ("jansson", "MIT"),
    "libncurses-dev": ("ncurses", "X11"),
    "mimalloc": ("mimalloc", "MIT"),
    "libgcc-10-dev": ("libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "libc6-dev": ("glibc", "LGPL-2.1-or-later"),
}


def run(*command, **options):
    return subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, **options
    ).stdout


def crates(top, manifest, triple):
    """Name, version and licence of each crate that is linked, not of those
    that only build."""
    cargo = run(os.path.join(top, "tools/find-cargo.sh")).strip()
    command = [cargo, "tree", "--locked", "-e", "normal,no-proc-macro",
               "--target", triple, "--prefix", "none",
               "--format", "{p}|{l}", "--manifest-path", manifest]
    try:
        text = run(*command, "--offline", stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        text = run(*command)
    found = set()
    for line in text.splitlines():
        words, _, licence = line.partition("|")
        name, version = words.split()[:2]
        licence = licence.replace(" (*)", "").replace("/", " OR ").strip()
        if not name.startswith("lunatic-"):
            found.add((name, version.lstrip("v"), licence))
    return found


def libraries(sysroot):
    """Name, version and licence of each library; their package too."""
    if sysroot:
        with open(os.path.join(sysroot, "packages"), encoding="ascii") as f:
            rows = [line.split() for line in f]
    else:
        try:
            text = run("dpkg-query", "-W", "-f", "${Package} ${Version}\n",
                       *[name for name in LIBRARIES if name != "mimalloc"],
                       stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            text = getattr(error, "stdout", "") or ""
        rows = [line.split() for line in text.splitlines()]
    for row in rows:
        if len(row) == 2 and row[0] in LIBRARIES:
            yield (row[0], row[1], *LIBRARIES[row[0]])


def licences(text):
    return [{"expression": text}] if text else []


def components(args):
    triple = f"{args.arch}-unknown-linux-gnu"
    found = set()
    for manifest in ("engine/Cargo.toml", "engine/wasmi/Cargo.toml"):
        found |= crates(args.top, os.path.join(args.top, manifest), triple)
    rustc = run(os.path.join(os.path.dirname(
        run(os.path.join(args.top, "tools/find-cargo.sh")).strip()),
        "rustc"), "--version").split()[1]
    rows = [("rust-std", rustc, "MIT OR Apache-2.0",
             f"pkg:generic/rust-std@{rustc}")]
    rows += [(name, version, licence, f"pkg:cargo/{name}@{version}")
             for name, version, licence in found]
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[args.arch]
    rows += [(name, version, licence,
              f"pkg:deb/debian/{package}@{version}?arch={arch}")
             for package, version, name, licence in libraries(args.sysroot)]
    return [{"type": "library", "bom-ref": purl, "name": name,
             "version": version, "licenses": licences(licence), "purl": purl}
            for name, version, licence, purl in sorted(rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("top", "version", "arch", "sysroot", "output"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    when = int(os.environ["SOURCE_DATE_EPOCH"])
    found = components(args)
    digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    own = f"pkg:generic/lunatic@{args.version}?arch={args.arch}"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:" + str(
            uuid.uuid5(uuid.NAMESPACE_URL, own + digest)),
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(
                when, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": own, "name": "lunatic",
                "version": args.version, "purl": own,
                "licenses": licences("Apache-2.0 OR MIT"),
            },
        },
        "components": found,
        "dependencies": [
            {"ref": own, "dependsOn": [c["bom-ref"] for c in found]}],
    }
    with open(args.output, "w", encoding="utf-8") as f:
        json.dump(document, f, indent=1)
        f.write("\n")


main()
