"""What a run costs: energy, memory, and the share of a GPU's arithmetic that it uses."""

from __future__ import annotations

import ctypes
import resource
from pathlib import Path
from typing import TypedDict

# Dense bf16 operations a second with fp32 sums, from the makers' data sheets; the longest name that fits.
_PEAKS = {
    "B200": 2250e12, "B100": 1750e12, "GH200": 990e12, "H200 NVL": 835e12, "H200": 989e12,
    "H100 NVL": 835e12, "H100 PCIe": 756e12, "H100": 989e12, "H800": 989e12, "H20": 148e12,
    "A100": 312e12, "A800": 312e12, "A40": 150e12, "A30": 165e12, "A10G": 70e12, "A10": 125e12,
    "L40S": 362e12, "L40": 181e12, "L4": 121e12, "RTX 6000 Ada": 364e12, "RTX A6000": 155e12,
    "RTX 5090": 210e12, "RTX 4090": 165e12, "RTX 3090": 71e12,
}  # fmt: skip
_RAPL = Path("/sys/class/powercap")


class Measures(TypedDict):
    """What a stack has cost so far; what could not be read is null."""

    flop_utilisation: float | None  # of the device's peak, by the models' arithmetic alone
    joules: float | None  # of the GPU, or of the processors and whatever else ran on them
    waited: float  # the share of the steps' time spent waiting for data
    peak_memory: int  # bytes, of the GPU or of this process


def peak_flops(device_name: str, bf16: bool) -> tuple[float | None, str]:
    """Return a device's peak in operations a second, and where it comes from or why there is none."""
    if not bf16:
        return None, "no peak is known for fp32, nor for a processor"
    fitting = [name for name in _PEAKS if name in device_name]
    if not fitting:
        return None, f"no peak is known for {device_name}"
    name = max(fitting, key=len)
    return _PEAKS[name], f"{_PEAKS[name] / 1e12:.0f} TFLOP/s in bf16, dense, as {name}'s data sheet says"


def peak_memory(device: str) -> int:
    """Return the most bytes that were held so far: of the GPU's memory, or by this process."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Energy:
    """Counts joules: a GPU's own counter through NVML, or the processors' RAPL.

    Both count all that runs there, not this process alone. `why` says why there is no count.
    """

    def __init__(self, device: str) -> None:
        """Begin at now."""
        self._counters: list[tuple[Path, int]] = []
        self._library: ctypes.CDLL | None = None
        self._handle = ctypes.c_void_p()
        self._last: list[float] = []
        self.why: str | None = self._gpu(device) if device.startswith("cuda") else self._processors()
        if self.why is None:
            self._last = self._read()

    def spent(self) -> float | None:
        """Return the joules since the last call, or None where nothing counts them."""
        if self.why is not None:
            return None
        before, self._last = self._last, self._read()
        ranges = [size / 1e6 for _, size in self._counters] or [0.0]
        # A processor's counter begins anew when it is full.
        return sum(
            now - then if now >= then else now - then + size
            for now, then, size in zip(self._last, before, ranges, strict=True)
        )

    def _processors(self) -> str | None:
        packages = sorted(_RAPL.glob("intel-rapl:[0-9]*"))  # AMD's, too; a second colon is a part of one
        packages = [path for path in packages if path.name.count(":") == 1]
        if not packages:
            return "the system tells no processor energy (no /sys/class/powercap/intel-rapl)"
        try:
            for package in packages:
                counter = package / "energy_uj"
                counter.read_text()
                self._counters.append((counter, int((package / "max_energy_range_uj").read_text())))
        except OSError as error:
            return f"{error.filename} cannot be read ({error.strerror})"
        return None

    def _gpu(self, device: str) -> str | None:
        import torch

        try:
            self._library = ctypes.CDLL("libnvidia-ml.so.1")
        except OSError:
            return "NVML (libnvidia-ml.so.1) is not there"
        name = f"GPU-{torch.cuda.get_device_properties(device).uuid}".encode()
        for call, arguments in (
            ("nvmlInit_v2", ()),
            ("nvmlDeviceGetHandleByUUID", (name, ctypes.byref(self._handle))),
            ("nvmlDeviceGetTotalEnergyConsumption", (self._handle, ctypes.byref(ctypes.c_ulonglong()))),
        ):
            if status := getattr(self._library, call)(*arguments):
                return f"{call} answers {status}"
        return None

    def _read(self) -> list[float]:
        if self._library is None:
            return [int(path.read_text()) / 1e6 for path, _ in self._counters]
        found = ctypes.c_ulonglong()
        self._library.nvmlDeviceGetTotalEnergyConsumption(self._handle, ctypes.byref(found))
        return [found.value / 1e3]
