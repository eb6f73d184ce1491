"""The image, built by buildah without an engine, and its command run in what it holds."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from box.compose import ROOT, free_port, image_command

pytestmark = [pytest.mark.box, pytest.mark.timeout(1500)]

#: A folder that keeps what was made of it for the next time, as it does for clients.
KEPT = os.environ.get("CONCERTMASTER_TEST_VENVS")
#: What Debian calls the release that the base is made of.
RELEASE = "bookworm"
#: Of the product and all that it needs, unpacked (bytes): the base comes on top.
LARGEST = 150 * 1024 * 1024
#: What a machine's own way to its package registry needs.
MOUNTS = ("/etc/pip.conf", "/etc/ssl/certs")
#: What is in a base made by debootstrap, and in no slim one.
FAT = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")


class Buildah:
    """buildah, with storage of its own and without namespaces or an engine."""

    def __init__(self, folder: Path) -> None:
        # vfs mounts nothing, so that nothing stays mounted when a test run is killed.
        self._flags = ["--storage-driver", "vfs", "--root", str(folder / "storage")]
        self._flags += ["--runroot", str(folder / "run")]
        self._env = {**os.environ, "BUILDAH_ISOLATION": "chroot"}

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["buildah", *self._flags, *words], env=self._env, text=True, capture_output=True
        )
        assert done.returncode == 0, f"buildah {words}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout.strip()


@pytest.fixture(scope="module")
def buildah() -> Iterator[Buildah]:
    """With an image `base`: Debian's smallest with Python, as `python:3.12-slim` is."""
    missing = [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]
    assert not missing, f"apt-get install {' '.join(missing)}"
    folder = Path(tempfile.mkdtemp(prefix="concertmaster-image-"))  # too large to be kept around
    root = debian(Path(KEPT or folder) / f"debian-{RELEASE}")
    made = Buildah(folder)
    container = made("from", "scratch")
    made("add", "--quiet", container, str(root), "/")
    made("commit", "--quiet", "--rm", container, "base")
    yield made
    made("rm", "--all")
    made("rmi", "--all", "--force")
    shutil.rmtree(folder, ignore_errors=True)


def debian(root: Path) -> Path:
    """The files of the smallest Debian with Python; made where they are not there yet."""
    done = root / "etc" / "made-for-tests"
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        what = ["--variant=minbase", "--include=python3,python3-venv", RELEASE, str(root)]
        made = subprocess.run(["debootstrap", *what], capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-3000:]
        for part in FAT:
            shutil.rmtree(root / part, ignore_errors=True)
        done.touch()
    return root


@pytest.fixture(scope="module")
def image(buildah: Buildah) -> dict[str, Any]:
    """The built image, as it describes itself."""
    volumes = [f"--volume={path}:{path}:ro" for path in MOUNTS if Path(path).exists()]
    buildah(
        "build", "--format", "docker", "--build-arg", "BASE=localhost/base", *volumes,
        "--file", str(ROOT / "src" / "Dockerfile"), "--tag", "concertmaster", str(ROOT),
    )  # fmt: skip
    described: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", "concertmaster"))
    return described


@pytest.fixture(scope="module")
def root(buildah: Buildah, image: dict[str, Any]) -> Path:
    """What a container of it sees as its file system."""
    container = buildah("from", "concertmaster")
    return Path(buildah("mount", container))


def test_what_the_image_says(image: dict[str, Any]) -> None:
    said = image["Docker"]["config"]
    assert said["User"] == "concertmaster"
    assert list(said["Volumes"]) == ["/data"]
    assert list(said["ExposedPorts"]) == ["8070/tcp"]
    assert said["Cmd"] == image_command()
    assert "/health/ready" in " ".join(said["Healthcheck"]["Test"])
    assert "CONCERTMASTER_HOST=0.0.0.0" in said["Env"]


def test_how_large_it_is(root: Path) -> None:
    files = (root / "opt" / "concertmaster").rglob("*")
    size = sum(path.lstat().st_size for path in files if not path.is_dir())
    print(f"{size / 2**20:.0f} MiB on top of the base")
    assert size < LARGEST
    assert not list(root.glob("src/*"))


class Container:
    """The image's command as its user, in its file system and with its variables."""

    def __init__(self, root: Path, image: dict[str, Any]) -> None:
        self.port = free_port()
        said = dict(word.split("=", 1) for word in image["Docker"]["config"]["Env"])
        self._variables = {**said, "CONCERTMASTER_PORT": str(self.port)}
        self._enter = ["chroot", "--userspec=concertmaster", str(root)]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False)

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([*self._enter, *command], env=self._variables, **quiet)

    def start(self) -> subprocess.Popen[bytes]:
        """Answers once it is ready."""
        process = self.run(*image_command())
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                if self.http.get("/health/ready").status_code == 200:
                    return process
            except httpx.HTTPError:
                time.sleep(0.1)
        process.kill()
        pytest.fail("it did not answer")


def test_it_answers_stops_and_goes_on(root: Path, image: dict[str, Any]) -> None:
    container = Container(root, image)
    running = container.start()
    status = Path(f"/proc/{running.pid}/status").read_text()
    assert "\nUid:\t10001\t10001" in status
    who = {"tenancyName": "Default", "usernameOrEmailAddress": "admin", "password": "concertmaster"}
    token = container.http.post("/api/Account/Authenticate", json=who).json()["result"]
    headers = {"authorization": f"Bearer {token}", "x-uipath-folderpath": "Shared"}
    made = container.http.post("/odata/QueueDefinitions", json={"Name": "Kept"}, headers=headers)
    assert made.status_code == 201
    healthy = [
        word.replace(":8070/", f":{container.port}/")
        for word in image["Docker"]["config"]["Healthcheck"]["Test"][1:]
    ]
    assert container.run(*healthy).wait(30) == 0
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0
    assert container.run(*healthy).wait(30) != 0
    again = container.start()  # the volume is what it left
    found = container.http.get("/odata/QueueDefinitions?$filter=Name eq 'Kept'", headers=headers)
    assert len(found.json()["value"]) == 1
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    container.http.close()


def test_nothing_in_it_is_for_one_architecture_only(root: Path, tmp_path: Path) -> None:
    """Every compiled package of the image is there for arm64 too."""
    compiled = []
    for wheel in root.glob("opt/concertmaster/lib/python3*/site-packages/*.dist-info/WHEEL"):
        if "Root-Is-Purelib: false" in wheel.read_text():
            name, version = wheel.parent.name.removesuffix(".dist-info").rsplit("-", 1)
            compiled.append(f"{name}=={version}")
    assert len(compiled) > 5
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in (17, 24, 28, 31)]
    command = ["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *platforms,
               "--python-version=3.12", "--dest", str(tmp_path), *compiled]  # fmt: skip
    done = subprocess.run(["python3", "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*aarch64.whl"))) == len(compiled)
