#!/bin/sh
# The OCI image of a build: its digests hold, tools for images that are here
# take it, and it runs the program with nothing else of this system: unpacked by
# umoci, in a runtime (runc or crun), with root and without, or else in chroot.
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
chmod 755 bundle bundle/rootfs
tag=$("$lunatic" --version | cut -d ' ' -f 2)
if command -v skopeo >/dev/null; then
	skopeo inspect "oci:image:$tag" >out 2>err || bad "skopeo inspect"
	says out '"Os": "linux"' "skopeo inspect"
fi
if command -v oci-image-tool >/dev/null; then
	oci-image-tool validate --type image --ref "name=$tag" image \
		>out 2>err || bad "oci-image-tool validate"
fi

# run_bundle RUNTIME FOLDER: as the image says, with the guest as its argument.
# Inside another container it may be forbidden to make one: then it says so, and
# the status is empty.
run_bundle() {
	python3 - "$2/config.json" ${as_user:+namespace} <<'END'
import json, sys
with open(sys.argv[1], encoding="utf-8") as f:
    config = json.load(f)
process = config["process"]
process["terminal"] = False
if process["args"][0] != "/usr/bin/lunatic":
    process["args"] = ["/usr/bin/lunatic"]
process["args"].append("/exits.wasm")
if len(sys.argv) > 2: # in a namespace that knows one user
    process["user"] = {"uid": 0, "gid": 0}
with open(sys.argv[1], "w", encoding="utf-8") as f:
    json.dump(config, f)
END
	cp exits.wasm "$2/rootfs/exits.wasm"
	chmod 644 "$2/rootfs/exits.wasm"
	status=0
	options="--root $work/containers"
	[ "$1" != crun ] || options="$options --cgroup-manager=disabled"
	# shellcheck disable=SC2086 # words
	if [ -n "$as_user" ]; then
		su nobody -s /bin/sh -c "cd $work/$2 && timeout 60 $1 --root $work/plain/run run lunatic-$$" \
			>out 2>err </dev/null || status=$?
	else
		(cd "$2" && timeout 60 "$1" $options run "lunatic-$$") \
			>out 2>err </dev/null || status=$?
	fi
	if [ "$status" -ne 7 ]; then
		cat out err
		echo "$1: status $status"
		status=
	fi
}

# What runs it without root, in a namespace of the user `nobody`.
run_without_root() {
	chmod 711 "$work"
	chmod -R a+rX image
	mkdir plain
	chown nobody plain
	su nobody -s /bin/sh -c "umoci unpack --rootless --image 'image:$tag' plain/bundle" \
		>out 2>err || bad "umoci unpack --rootless"
	as_user=1
	run_bundle runc plain/bundle
	as_user=
	[ -n "$status" ] || bad "runc without root"
}
status=
as_user=
if command -v umoci >/dev/null && [ "$(id -u)" -eq 0 ]; then
	umoci unpack --image "image:$tag" unpacked >out 2>err ||
		bad "umoci unpack"
	grep -q '"uid": *65534' unpacked/config.json || bad "the user"
	if command -v runc >/dev/null; then
		run_bundle runc unpacked
		if [ -n "$status" ] &&
			su nobody -s /bin/sh -c 'unshare -Ur true' 2>/dev/null; then
			run_without_root
		fi
	fi
fi
for runtime in runc crun; do
	if [ -z "$status" ] && command -v $runtime >/dev/null &&
		(cd bundle && rm -f config.json && $runtime spec) 2>err; then
		run_bundle $runtime bundle
	fi
done
if [ -z "$status" ] && [ "$(id -u)" -eq 0 ]; then
	cp exits.wasm bundle/rootfs/exits.wasm
	status=0
	chroot bundle/rootfs /usr/bin/lunatic /exits.wasm >out 2>err || status=$?
fi
if [ -n "$status" ]; then
	expect 7 "the files of the image"
else
	echo "not run: there is neither runc nor crun that may, and only root may chroot"
fi
finish
