"""What the fixture `orchestrator` is: a tenant of a test's own, and every way to reach it."""

import re
from functools import cached_property
from typing import Any

import httpx

from concertmaster.identity.client_settings import client_settings
from concertmaster.testing.controls import Clock, Controls, Faults, Journal, Outcomes
from concertmaster.testing.stand_ins import Made, StandIn
from concertmaster.testing.things import (
    Asset,
    Folder,
    Process,
    Queue,
    answer_of,
    asset_of,
    package,
)

#: The folder that every scenario of ours has.
SHARED = "Shared"


class Orchestrator:
    """A fresh tenant. Paths of `client` are below it: `client.get("odata/Jobs")`."""

    def __init__(self, stand_in: StandIn, made: Made) -> None:
        self._stand_in = stand_in
        self._made = made
        self._clients: list[httpx.Client] = []

    # --- reaching it --------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Its URL, for clients of any kind: `http://127.0.0.1:54321/acme/test-1`."""
        return f"{self._stand_in.url}{self._made.path}"

    @property
    def token(self) -> str:
        """An access token of its administrator."""
        return self._made.token

    @property
    def name(self) -> str:
        return self._made.name

    @property
    def organization(self) -> str:
        return self._made.organization

    @cached_property
    def env(self) -> dict[str, str]:
        """The variables that UiPath's own clients read, as `concertmaster env` prints them."""
        return client_settings(
            url=self.url,
            token=self.token,
            organization_id=self._made.organization_id,
            tenant_id=self._made.tenant_id,
            folder=SHARED,
            robot_keys=[one["robotKey"] for one in self._controls.ask("GET", "robots")["value"]],
        )

    @cached_property
    def client(self) -> httpx.Client:
        """An HTTP client that is signed in, in folder Shared."""
        return self.in_folder(SHARED)

    def in_folder(self, path: str | None) -> httpx.Client:
        """A client in another folder, or in none."""
        headers = {"authorization": f"Bearer {self.token}"}
        if path is not None:
            headers["x-uipath-folderpath"] = path
        made = self._stand_in.client(
            base_url=f"{self._stand_in.inner_url}{self._made.path}/", headers=headers, timeout=60
        )
        self._clients.append(made)
        return made

    # --- controlling it -----------------------------------------------------------------------

    @cached_property
    def _controls(self) -> Controls:
        return Controls(self.in_folder(None))

    @cached_property
    def clock(self) -> Clock:
        return Clock(self._controls)

    @cached_property
    def outcomes(self) -> Outcomes:
        return Outcomes(self._controls)

    @cached_property
    def faults(self) -> Faults:
        return Faults(self._controls)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self._controls)

    # --- setting it up ------------------------------------------------------------------------

    def folder(self, name: str, **members: Any) -> Folder:
        """Make a folder; members are those of the API (`Description="…"`)."""
        answer = self._elsewhere.post("odata/Folders", json={"DisplayName": name, **members})
        made = answer_of(answer)
        return Folder(made["Id"], made["FullyQualifiedName"], made["Key"])

    def queue(self, name: str, *, folder: str = SHARED, **members: Any) -> Queue:
        """Make a queue (`MaxNumberOfRetries=2`)."""
        made = self._post("odata/QueueDefinitions", {"Name": name, **members}, folder)
        return Queue(made["Id"], name, folder, self._elsewhere)

    def asset(self, name: str, value: object, *, folder: str = SHARED, **members: Any) -> Asset:
        """Make an asset; a pair of texts is a credential."""
        made = self._post("odata/Assets", {**asset_of(name, value), **members}, folder)
        return Asset(made["Id"], name)

    def process(
        self,
        name: str,
        *,
        folder: str = SHARED,
        arguments: dict[str, str] | None = None,
        version: str = "1.0.0",
        **members: Any,
    ) -> Process:
        """Publish a package without code and make a process of it.

        `arguments` are its inputs with their JSON types: `{"month": "string"}`. What becomes of its
        jobs is said through `outcomes`.
        """
        package_id = re.sub(r"[^A-Za-z0-9.]+", ".", name).strip(".") or "process"
        content = package(package_id, version, arguments or {})
        uploaded = self._elsewhere.post(
            "odata/Processes/UiPath.Server.Configuration.OData.UploadPackage",
            files={"file": (f"{package_id}.{version}.nupkg", content)},
        )
        if uploaded.status_code != 409:  # the same package for another folder's process
            answer_of(uploaded)
        told = {"Name": name, "ProcessKey": package_id, "ProcessVersion": version, **members}
        made = self._post("odata/Releases", told, folder)
        return Process(made["Id"], made["Key"], name, folder, self._elsewhere)

    @cached_property
    def _elsewhere(self) -> httpx.Client:
        return self.in_folder(None)

    def _post(self, path: str, body: dict[str, Any], folder: str) -> Any:
        headers = {"x-uipath-folderpath": folder}
        return answer_of(self._elsewhere.post(path, json=body, headers=headers))

    def close(self) -> None:
        """Remove the tenant."""
        for client in self._clients:
            client.close()
        self._stand_in.drop(self._made)
