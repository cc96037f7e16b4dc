"""Writes a bill of materials, CycloneDX 1.5 as JSON: all that is linked in, and
what the image has beside the program; and the texts of the crates' licences.

Crates are those that `cargo tree` tells for the processor; libraries those of
the sysroot (tools/dist/sysroot.sh), or of this system if there is none.
"""
import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import uuid

# Packages of Debian of which something gets into the program; each with its
# name and its licence in the words of SPDX.
LIBRARIES = {
    "libssl-dev": ("openssl", "Apache-2.0"),
    "libsqlite3-dev": ("sqlite3", "blessing"),
    "libjansson-dev": ("jansson", "MIT"),
    "libncurses-dev": ("ncurses", "X11-distribute-modifications-variant"),
    "mimalloc": ("mimalloc", "MIT"),
    "libgcc-10-dev": ("libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "libc6-dev": ("glibc", "LGPL-2.1-or-later"),
}
# The image alone has these.
IMAGE = {
    "runtime:libc6": ("glibc", "LGPL-2.1-or-later"),
    "runtime:ca-certificates": ("ca-certificates", "MPL-2.0"),
}
# Of the machine that builds: what modules that come along are linked with.
FOR_GUESTS = {
    "wasi-libc": ("wasi-libc", "Apache-2.0 WITH LLVM-exception AND MIT"),
    "libclang-rt-19-dev-wasm32": ("compiler-rt",
                                  "Apache-2.0 WITH LLVM-exception"),
}
MANIFESTS = ("engine", "engine/wasmi")


def run(*command, **options):
    return subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, **options
    ).stdout


def find_cargo(top):
    return run(os.path.join(top, "tools/find-cargo.sh")).strip()


def cargo(top, manifest, *command):
    """What cargo says without a network, else with one."""
    command = [find_cargo(top), *command, "--locked", "--manifest-path",
               os.path.join(top, manifest, "Cargo.toml")]
    try:
        return run(*command, "--offline", stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        return run(*command)


def crates(top, manifest, triple):
    """Name, version and licence of each crate that is linked, not of those
    that only build."""
    found = set()
    for line in cargo(top, manifest, "tree", "-e", "normal,no-proc-macro",
                      "--target", triple, "--prefix", "none",
                      "--format", "{p}|{l}").splitlines():
        words, _, licence = line.partition("|")
        name, version = words.split()[:2]
        licence = re.sub(r" ?/ ?", " OR ", licence.replace(" (*)", ""))
        if not name.startswith("lunatic-"):
            found.add((name, version.lstrip("v"), licence.strip()))
    return found


def checksums(top, manifest):
    """SHA-256 of each crate's archive, as the lock file has it."""
    with open(os.path.join(top, manifest, "Cargo.lock"),
              encoding="utf-8") as f:
        return {(name, version): digest for name, version, digest in re.findall(
            r'name = "(.*)"\nversion = "(.*)"\nsource = .*\n'
            r'checksum = "([0-9a-f]{64})"', f.read())}


def patches(top, manifest, name):
    """Our patches of a crate."""
    below = os.path.join(top, manifest, "patches")
    return [f"{manifest}/patches/{folder}/{patch}"
            for folder in sorted(os.listdir(below))
            if folder.partition("@")[0] == name
            for patch in sorted(os.listdir(os.path.join(below, folder)))]


def write_licences(top, wanted, path):
    """The texts of the crates' licences, each once, below the crates that it
    is of; first those whose archives have none."""
    texts = {}
    without = []
    folders = {}
    for manifest in MANIFESTS:
        for package in json.loads(cargo(
                top, manifest, "metadata",
                "--format-version", "1"))["packages"]:
            folders[package["name"], package["version"]] = os.path.dirname(
                package["manifest_path"])
    for crate, row in sorted(wanted.items()):
        before = sum(map(len, texts.values()))
        for name in sorted(os.listdir(folders[crate])):
            source = os.path.join(folders[crate], name)
            if (re.match(r"(?i)(licen[cs]e|copying|copyright|notice|unlicense)",
                         name) and os.path.isfile(source)):
                with open(source, encoding="utf-8") as f:
                    texts.setdefault(f.read().strip(), []).append(
                        "%s %s: %s" % (*crate, name))
        if sum(map(len, texts.values())) == before:
            without.append("%s %s: %s" % (*crate, row["licence"]))
    with open(path, "w", encoding="utf-8") as f:
        f.write("Crates that bring no text of their licence:\n%s\n\n" %
                "\n".join(without))
        for text, owners in sorted(texts.items(), key=lambda item: item[1]):
            f.write("%s\n%s\n\n%s\n\n" % ("=" * 72, "\n".join(owners), text))


def installed(names):
    """Names and versions of packages of this system that are there."""
    try:
        text = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names],
            text=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=False).stdout
    except OSError:
        text = ""
    rows = [line.split() for line in text.splitlines()]
    return dict(row for row in rows if len(row) == 2)


def components(args):
    found = []
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[args.arch]

    def add(name, version, licence, purl, **more):
        found.append({"type": "library", "bom-ref": purl, "name": name,
                      "version": version,
                      "licenses": [{"expression": licence}], "purl": purl,
                      **more})

    def add_packages(versions, table, **more):
        for package, (name, licence) in table.items():
            if package in versions:
                version = versions[package]
                add(name, version, licence, "pkg:deb/debian/%s@%s?arch=%s" % (
                    package.partition(":")[2] or package, version,
                    "all" if package.endswith("ca-certificates") or
                    package in FOR_GUESTS else arch), **more)
            elif args.sysroot:
                raise SystemExit(f"sbom: there is no package {package} here, "
                                 f"so the version of {name} is not known")

    rows = {}
    for manifest in MANIFESTS:
        sums = checksums(args.top, manifest)
        for name, version, licence in crates(
                args.top, manifest, f"{args.arch}-unknown-linux-gnu"):
            if not licence:
                raise SystemExit(f"sbom: {name} {version} names no licence")
            row = rows.setdefault((name, version), {"licence": licence})
            row["sum"] = sums[name, version]
            row.setdefault("patches", []).extend(
                patches(args.top, manifest, name))
    for (name, version), row in rows.items():
        more = {"hashes": [{"alg": "SHA-256", "content": row["sum"]}]}
        if row["patches"]:
            more["pedigree"] = {"patches": [
                {"type": "unofficial", "diff": {"url": path}}
                for path in row["patches"]]}
        add(name, version, row["licence"], f"pkg:cargo/{name}@{version}",
            **more)
    rustc = run(os.path.join(os.path.dirname(find_cargo(args.top)), "rustc"),
                "--version").split()[1]
    add("rust-std", rustc, "MIT OR Apache-2.0", f"pkg:generic/rust-std@{rustc}")
    with open(os.path.join(args.top, "tools/build-llhttp.sh"),
              encoding="utf-8") as f:
        llhttp = re.search("^version=(.*)$", f.read(), re.M).group(1)
    add("llhttp", llhttp, "MIT", f"pkg:npm/llhttp@{llhttp}")
    if args.sysroot:
        with open(os.path.join(args.sysroot, "packages"),
                  encoding="ascii") as f:
            versions = dict(line.split() for line in f)
        add_packages(versions, IMAGE, scope="optional",
                     description="only in the image")
    else:
        versions = installed(list(LIBRARIES))
    add_packages(versions, LIBRARIES)
    add_packages(installed(list(FOR_GUESTS)), FOR_GUESTS,
                 description="in WebAssembly modules that come along")
    if args.licences:
        write_licences(args.top, rows, args.licences)
    return sorted(found, key=lambda c: (c["name"], c["purl"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("top", "version", "arch", "sysroot", "output"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--licences")
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
                "licenses": [{"expression": "Apache-2.0 OR MIT"}],
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
