"""Reads and writes Tart's image format without any of Bakehouse's code.

tart-image.py read CRANE HOST REPOSITORY TAG DISK    blobs by crane, blocks by PyPI's lz4
tart-image.py write HOST REPOSITORY TAG DISK CONFIG NVRAM   blobs by curl; every block is
    compressed with the 64 KiB before it as its dictionary, as Apple's encoder does
"""

import hashlib
import json
import os
import struct
import subprocess
import sys

import lz4.block

SLICE = 512 << 20
BLOCK = 64 << 10
TART = "application/vnd.cirruslabs.tart."
NOTE = "org.cirruslabs.tart.uncompressed-"


def decode(frame):
    """Yields the blocks of a frame."""
    at, history = 0, b""
    while True:
        magic = frame[at : at + 4]
        if magic == b"bv4$":
            assert at + 4 == len(frame), "bytes after the end mark"
            return
        if magic == b"bv4-":
            (size,) = struct.unpack_from("<I", frame, at + 4)
            raw = frame[at + 8 : at + 8 + size]
            at += 8 + size
        else:
            assert magic == b"bv41", magic
            size, packed = struct.unpack_from("<II", frame, at + 4)
            raw = lz4.block.decompress(
                frame[at + 12 : at + 12 + packed], uncompressed_size=size, dict=history
            )
            assert len(raw) == size
            at += 12 + packed
        assert len(raw) <= BLOCK
        history = (history + raw)[-BLOCK:]
        yield raw


def encode(raw):
    frame, history = [], b""
    for at in range(0, len(raw), BLOCK):
        block = raw[at : at + BLOCK]
        packed = lz4.block.compress(block, store_size=False, dict=history)
        if len(packed) < len(block):
            frame.append(b"bv41" + struct.pack("<II", len(block), len(packed)) + packed)
        else:
            frame.append(b"bv4-" + struct.pack("<I", len(block)) + block)
        history = (history + block)[-BLOCK:]
    return b"".join(frame) + b"bv4$"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read(crane, host, repository, tag, disk):
    name = f"{host}/{repository}"
    run = lambda *argv: subprocess.run([crane, *argv, "--insecure"], check=True, stdout=-1).stdout
    manifest = json.loads(run("manifest", f"{name}:{tag}"))
    layers = manifest["layers"]
    assert layers[0]["mediaType"] == TART + "config.v1"
    assert layers[-1]["mediaType"] == TART + "nvram.v1"
    with open(disk, "wb") as out:
        for layer in layers[1:-1]:
            assert layer["mediaType"] == TART + "disk.v2"
            blob = run("blob", f"{name}@{layer['digest']}")
            assert digest(blob) == layer["digest"] and len(blob) == layer["size"]
            content, size = hashlib.sha256(), 0
            for raw in decode(blob):
                content.update(raw)
                size += len(raw)
                out.write(raw) if raw.strip(b"\0") else out.seek(len(raw), 1)
            assert size == int(layer["annotations"][NOTE + "size"]) <= SLICE
            assert "sha256:" + content.hexdigest() == layer["annotations"][NOTE + "content-digest"]
        out.truncate(int(manifest["annotations"][NOTE + "disk-size"]))


def curl(*argv, data=None):
    done = subprocess.run(
        ["curl", "-sS", "--fail-with-body", *argv], input=data, check=True, stdout=-1
    )
    return done.stdout.decode()


def put(host, repository, kind, data, annotations):
    heads = curl("-X", "POST", "-D", "-", "-o", os.devnull, f"http://{host}/v2/{repository}/blobs/uploads/")
    place = [h.split(": ", 1)[1] for h in heads.splitlines() if h.lower().startswith("location:")][0]
    glue = "&" if "?" in place else "?"
    curl("-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@-",
         f"{place}{glue}digest={digest(data)}", data=data)
    return {"mediaType": kind, "digest": digest(data), "size": len(data), "annotations": annotations}


def write(host, repository, tag, disk, config, nvram):
    layers = [put(host, repository, TART + "config.v1", open(config, "rb").read(), {})]
    with open(disk, "rb") as source:
        while raw := source.read(SLICE):
            notes = {NOTE + "size": str(len(raw)), NOTE + "content-digest": digest(raw)}
            layers.append(put(host, repository, TART + "disk.v2", encode(raw), notes))
    layers.append(put(host, repository, TART + "nvram.v1", open(nvram, "rb").read(), {}))
    kind = "application/vnd.oci.image.config.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(host, repository, kind, b'{"architecture":"arm64","os":"linux"}', {}),
        "layers": layers,
        "annotations": {NOTE + "disk-size": str(os.path.getsize(disk))},
    }
    curl("-X", "PUT", "-H", "Content-Type: " + manifest["mediaType"], "--data-binary", "@-",
         f"http://{host}/v2/{repository}/manifests/{tag}",
         data=json.dumps(manifest, indent=1).replace("/", "\\/").encode())


{"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
