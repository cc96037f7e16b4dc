"""Packs an installed tree (bin, lib, share, include) in one of four forms:

    tar    lunatic-VERSION-ARCH-linux.tar.gz, for tools/install.sh
    wheel  for pip: the program as console script, and the module `lunatic`
    npm    for npm: the program as `bin`
    oci    an OCI image layout in a tar: the program and a C library

Names are sorted, owners are root and times are SOURCE_DATE_EPOCH, so that the
same tree makes the same bytes.
"""
import argparse
import base64
import gzip
import hashlib
import io
import json
import os
import stat
import subprocess
import tarfile
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
WHEN = int(os.environ["SOURCE_DATE_EPOCH"])
SUMMARY = "Runs WebAssembly modules as Erlang-like processes"
LICENCE = "Apache-2.0 OR MIT"


def files_below(root, skip=()):
    """Paths below root in order, folders before what is in them."""
    found = []
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in names + folders:
            path = os.path.relpath(os.path.join(folder, name), root)
            if not any(path == s or path.startswith(s + "/") for s in skip):
                found.append(path)
    return sorted(found)


class Tree:
    """Files in memory or on disk, by the path in the package."""

    def __init__(self):
        self.entries = {}

    def add(self, path, content, mode=0o644):
        self.folder(os.path.dirname(path))
        self.entries[path] = (mode, content, None)

    def link(self, path, to):
        self.folder(os.path.dirname(path))
        self.entries[path] = (0o777, None, to)

    def folder(self, path, mode=0o755):
        if path and path not in self.entries:
            self.folder(os.path.dirname(path))
            self.entries[path] = (mode, None, None)

    def add_file(self, path, source):
        """A link stays one."""
        if os.path.islink(source):
            self.link(path, os.readlink(source))
            return
        executable = os.stat(source).st_mode & stat.S_IXUSR
        with open(source, "rb") as f:
            self.add(path, f.read(), 0o755 if executable else 0o644)

    def add_below(self, prefix, root, skip=()):
        for path in files_below(root, skip):
            source = os.path.join(root, path)
            if os.path.isdir(source) and not os.path.islink(source):
                self.folder(prefix + path)
            else:
                self.add_file(prefix + path, source)


def make_tar(tree):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, (mode, content, to) in sorted(tree.entries.items()):
            info = tarfile.TarInfo(path)
            info.mode, info.mtime = mode, WHEN
            info.uname = info.gname = "root"
            if to is not None:
                info.type, info.linkname = tarfile.SYMTYPE, to
            elif content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if content else None)
    return out.getvalue()


def compress(data, level):
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", level, out, mtime=0) as f:
        f.write(data)
    return out.getvalue()


def write(args, name, data):
    with open(os.path.join(args.output, name), "wb") as f:
        f.write(data)


def pack_tar(args):
    name = f"lunatic-{args.version}-{args.arch}-linux"
    tree = Tree()
    tree.add_below(name + "/", args.root)
    write(args, name + ".tar.gz", compress(make_tar(tree), args.level))


# What a package of a language has no use for.
NOT_FOR_LANGUAGES = ("lib", "include", "share/man", "share/bash-completion",
                     "share/zsh", "share/fish", "share/lunatic/examples")


def pack_wheel(args):
    tree = Tree()
    tree.add_below("lunatic/", args.root, NOT_FOR_LANGUAGES)
    for name in ("__init__.py", "__main__.py"):
        tree.add_file("lunatic/" + name, os.path.join(HERE, "wheel", name))
    info = f"lunatic_runtime-{args.version}.dist-info/"
    tag = f"py3-none-manylinux_2_31_{args.arch}"
    with open(os.path.join(HERE, "wheel", "README.md"), "rb") as f:
        readme = f.read()
    tree.add(info + "METADATA", (
        "Metadata-Version: 2.1\n"
        "Name: lunatic-runtime\n"
        f"Version: {args.version}\n"
        f"Summary: {SUMMARY}\n"
        f"License: {LICENCE}\n"
        "Requires-Python: >=3.8\n"
        "Description-Content-Type: text/markdown\n\n").encode() + readme)
    tree.add(info + "WHEEL", (
        "Wheel-Version: 1.0\nGenerator: lunatic\nRoot-Is-Purelib: false\n"
        f"Tag: {tag}\n").encode())
    tree.add(info + "entry_points.txt", (
        b"[console_scripts]\nlunatic = lunatic:main\n"
        b"lunatic-cc = lunatic:main_cc\n"))
    record = []
    for path, (_, content, to) in sorted(tree.entries.items()):
        if content is not None:
            digest = base64.urlsafe_b64encode(
                hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(content)}")
        elif to is not None:
            raise SystemExit(f"pack: a wheel holds no links: {path}")
    record.append(info + "RECORD,,")
    tree.add(info + "RECORD", "\n".join(record).encode() + b"\n")
    out = io.BytesIO()
    date = max(time.gmtime(WHEN)[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(out, "w") as archive:
        for path, (mode, content, _) in sorted(tree.entries.items()):
            if content is None:
                continue
            member = zipfile.ZipInfo(path, date)
            member.create_system = 3
            member.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED, args.level)
    write(args, f"lunatic_runtime-{args.version}-{tag}.whl", out.getvalue())


def pack_npm(args):
    cpu = {"x86_64": "x64", "aarch64": "arm64"}[args.arch]
    tree = Tree()
    tree.add_below("package/", args.root, NOT_FOR_LANGUAGES)
    with open(os.path.join(HERE, "npm", "README.md"), "rb") as f:
        tree.add("package/README.md", f.read())
    tree.add_file("package/index.js", os.path.join(HERE, "npm", "index.js"))
    tree.add("package/package.json", (json.dumps({
        "name": f"lunatic-runtime-linux-{cpu}",
        "version": args.version,
        "description": SUMMARY,
        "license": LICENCE,
        "os": ["linux"], "cpu": [cpu], "libc": ["glibc"],
        "main": "index.js",
        "bin": {"lunatic": "bin/lunatic", "lunatic-cc": "bin/lunatic-cc"},
    }, indent=2) + "\n").encode())
    write(args, f"lunatic-runtime-linux-{cpu}-{args.version}.tgz",
          compress(make_tar(tree), args.level))


# The C library's parts that the program needs, or loads to look up names.
C_LIBRARY = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2",
             "librt.so.1", "libresolv.so.2", "libutil.so.1", "libnss_dns.so.2",
             "libnss_files.so.2")


def add_c_library(tree, args):
    triplet = f"{args.arch}-linux-gnu"
    base = "/"
    if args.sysroot:
        base = os.path.join(args.sysroot, "runtime")
    else:
        # A program that is for this system needs its libraries.
        program = os.path.join(args.root, "bin/lunatic")
        for line in subprocess.run(
                ["ldd", program], check=True, text=True,
                stdout=subprocess.PIPE).stdout.splitlines():
            name, _, path = line.partition(" => ")
            if path.startswith("/") and name.strip() not in C_LIBRARY:
                tree.add_file(f"lib/{triplet}/{name.strip()}",
                              os.path.realpath(path.split()[0]))
    libraries = os.path.join(base, "lib", triplet)
    for name in C_LIBRARY:
        real = os.path.realpath(os.path.join(libraries, name))
        tree.add_file(f"lib/{triplet}/{name}", real)
    loader, at = {
        "x86_64": ("ld-linux-x86-64.so.2", "lib64/ld-linux-x86-64.so.2"),
        "aarch64": ("ld-linux-aarch64.so.1", "lib/ld-linux-aarch64.so.1"),
    }[args.arch]
    tree.add_file(at, os.path.realpath(os.path.join(libraries, loader)))
    certificates = os.path.join(base, "usr/share/ca-certificates/mozilla")
    if os.path.isdir(certificates):
        text = b""
        for name in sorted(os.listdir(certificates)):
            with open(os.path.join(certificates, name), "rb") as f:
                text += f.read()
        tree.add("etc/ssl/certs/ca-certificates.crt", text)
        tree.link("usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")


def pack_oci(args):
    tree = Tree()
    add_c_library(tree, args)
    for path in files_below(args.root):
        source = os.path.join(args.root, path)
        if path == "bin/lunatic" or (
                path.startswith(("share/lunatic/plugins/",
                                 "share/doc/lunatic/LICENSE",
                                 "share/doc/lunatic/licenses/",
                                 "share/doc/lunatic/sbom"))
                and os.path.isfile(source)):
            tree.add_file("usr/" + path, source)
    tree.add("etc/passwd", b"root:x:0:0:root:/root:/sbin/nologin\n"
             b"nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n")
    tree.add("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    tree.add("etc/nsswitch.conf", b"hosts: files dns\n")
    tree.folder("tmp", 0o1777)
    plain = make_tar(tree)
    cpu = {"x86_64": "amd64", "aarch64": "arm64"}[args.arch]
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(WHEN))

    layout = Tree()
    layout.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def blob(kind, data):
        digest = hashlib.sha256(data).hexdigest()
        layout.add("blobs/sha256/" + digest, data)
        return {"mediaType": f"application/vnd.oci.image.{kind}",
                "digest": "sha256:" + digest, "size": len(data)}

    def document(value):
        return json.dumps(value, separators=(",", ":")).encode()

    layer = blob("layer.v1.tar+gzip", compress(plain, args.level))
    config = blob("config.v1+json", document({
        "created": created, "architecture": cpu, "os": "linux",
        "config": {
            "User": "65534:65534",
            "Env": ["PATH=/usr/bin", "LUNATIC_CACHE=off"],
            "Entrypoint": ["/usr/bin/lunatic"],
            "WorkingDir": "/",
            "Labels": {"org.opencontainers.image.version": args.version,
                       "org.opencontainers.image.licenses": LICENCE},
        },
        "rootfs": {"type": "layers", "diff_ids": [
            "sha256:" + hashlib.sha256(plain).hexdigest()]},
        "history": [{"created": created, "created_by": "tools/dist/pack.py"}],
    }))
    manifest = blob("manifest.v1+json", document({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": [layer]}))
    manifest["platform"] = {"architecture": cpu, "os": "linux"}
    manifest["annotations"] = {
        "org.opencontainers.image.ref.name": args.version}
    layout.add("index.json", document({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest]}))
    write(args, f"lunatic-{args.version}-{args.arch}.oci.tar",
          make_tar(layout))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("tar", "wheel", "npm", "oci"))
    for name in ("root", "version", "arch", "output", "sysroot"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--level", type=int, default=9)
    args = parser.parse_args()
    {"tar": pack_tar, "wheel": pack_wheel, "npm": pack_npm,
     "oci": pack_oci}[args.kind](args)


main()
