"""Lets the PyTorch of the package registry run without the libraries of a graphics card (2.5 GB), which it is linked to but does not call
on a processor: what it would take from them becomes optional, and in their place stands a library that is there anyway."""

import glob
import mmap
import os
import struct
import sysconfig

folder = os.path.join(sysconfig.get_path("purelib"), "torch", "lib")
# But for libcudart, which is called when PyTorch is loaded, and is small: the package nvidia-cuda-runtime brings it.
missing = ("libcublas", "libcuda.", "libcudnn", "libcufft", "libcufile", "libcupti", "libcusolver", "libcusparse", "libnccl", "libnvrtc", "libnvJitLink", "libnvshmem")
foreign = (b"cublas", b"cudnn", b"cufft", b"cufile", b"cuFile", b"cupti", b"cusolver", b"cusparse", b"nccl", b"nvrtc", b"nvJitLink", b"nvshmem")


def sections(data):
    start, size, count = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HH", data, 58)
    return [struct.unpack_from("<IIQQQQIIQQ", data, start + at * size) for at in range(count)]


def make_optional(path):
    """Undefined symbols of those libraries become weak (ELF: upper half of st_info): without a definition they are null."""
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        headers = sections(data)
        needed = []
        for _, kind, _, _, offset, size, link, _, _, entry in headers:
            names = headers[link][4]
            text = lambda at: data[names + at : data.find(b"\0", names + at)]
            if kind == 11:  # SHT_DYNSYM
                for at in range(offset, offset + size, entry):
                    name, info, _, section = struct.unpack_from("<IBBH", data, at)
                    if section == 0 and info >> 4 == 1 and text(name).startswith(foreign):
                        data[at + 4] = 0x20 | (info & 0xF)
            if kind == 6:  # SHT_DYNAMIC
                pairs = (struct.unpack_from("<QQ", data, at) for at in range(offset, offset + size, entry))
                needed = [text(value).decode() for tag, value in pairs if tag == 1]
        return needed


def main():
    present = set(os.listdir(folder))
    for path in glob.glob(os.path.join(folder, "lib*.so")):
        for name in make_optional(path):
            if name.startswith(missing) and name not in present:
                present.add(name)
                os.symlink("libtorch_global_deps.so", os.path.join(folder, name))


if __name__ == "__main__":
    main()
