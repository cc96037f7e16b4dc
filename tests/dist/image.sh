#!/bin/sh
# The OCI image of a build: its digests hold, and its root file system runs the
# program with nothing else of this system, in a runtime (crun) or else in
# chroot.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/cli/support/cli.sh"

build=$(dirname "$lunatic")
LUNATIC_DIST_LEVEL=1 "$top/tools/dist/package.sh" "$build" packages oci >out 2>err || bad "package.sh"
mkdir -p image bundle/rootfs
tar -xf packages/lunatic-*.oci.tar -C image
python3 - <<'END' >out 2>err || bad "the layout"
import gzip, hashlib, json, os
def blob(row):
    kind, digest = row["digest"].split(":")
    with open(f"image/blobs/{kind}/{digest}", "rb") as f:
        data = f.read()
    assert hashlib.sha256(data).hexdigest() == digest
    assert len(data) == row["size"]
    return data
with open("image/index.json", encoding="utf-8") as f:
    index = json.load(f)
manifest = json.loads(blob(index["manifests"][0]))
config = json.loads(blob(manifest["config"]))
for row, digest in zip(manifest["layers"], config["rootfs"]["diff_ids"]):
    layer = gzip.decompress(blob(row))
    assert digest == "sha256:" + hashlib.sha256(layer).hexdigest()
    with open("layer.tar", "wb") as f:
        f.write(layer)
assert sum(row["size"] for row in manifest["layers"]) < 40_000_000
assert config["config"]["Entrypoint"] == ["/usr/bin/lunatic"]
END
tar -xf layer.tar -C bundle/rootfs
module exits <<'END'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 7))))
END
cp exits.wasm bundle/rootfs/exits.wasm
chmod 755 bundle bundle/rootfs
status=
if command -v crun >/dev/null && (cd bundle && crun spec) 2>err; then
	sed -i 's/"terminal": true/"terminal": false/
		s|"sh"|"/usr/bin/lunatic", "/exits.wasm"|' bundle/config.json
	status=0
	(cd bundle && crun --cgroup-manager=disabled run "lunatic-$$") \
		>out 2>err </dev/null || status=$?
	# Inside another container it may be forbidden to make one.
	[ "$status" -eq 7 ] || { cat err; echo "crun: status $status"; status=; }
fi
if [ -z "$status" ] && [ "$(id -u)" -eq 0 ]; then
	status=0
	chroot bundle/rootfs /usr/bin/lunatic /exits.wasm >out 2>err || status=$?
fi
if [ -n "$status" ]; then
	expect 7 "the files of the image"
else
	echo "not run: there is no crun, and only root may chroot"
fi
finish
