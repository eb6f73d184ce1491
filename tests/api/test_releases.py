"""Releases: a package in a version, and the versions it goes through."""

from collections.abc import Callable

import pytest

from concertmaster.entities import EntryPoint, Process
from stand_in import Client, StandIn, Start

ODATA = "UiPath.Server.Configuration.OData"


@pytest.fixture(scope="module")
def shared(start_stand_in: Start) -> Client:
    stand_in: StandIn = start_stand_in("empty")
    with stand_in.tenant.session() as session:
        for version in ("1.0.0", "2.0.0"):
            session.add(
                Process(
                    id="Pack", key=f"Pack:{version}", version=version, title="Pack",
                    is_latest_version=version == "2.0.0", main_entry_point_path="Main.xaml",
                    arguments={"Input": "[]", "Output": None},
                    entry_points=[EntryPoint(path="Main.xaml"), EntryPoint(path="Other.xaml")],
                )
            )  # fmt: skip
        session.commit()
    return stand_in.client(folder="Shared")


@pytest.fixture
def make(shared: Client) -> Callable[..., dict[str, object]]:
    def make(name: str, version: str = "1.0.0", **members: object) -> dict[str, object]:
        body = {"Name": name, "ProcessKey": "Pack", "ProcessVersion": version, **members}
        made: dict[str, object] = shared.ok("POST", "/odata/Releases", 201, json=body)
        return made

    return make


Make = Callable[..., dict[str, object]]


def test_a_release_takes_over_from_its_package(shared: Client, make: Make) -> None:
    made = make("takes")
    assert made["Arguments"] == {"Input": "[]", "Output": None}
    assert (made["IsLatestVersion"], made["EntryPointPath"]) == (False, "Main.xaml")
    assert made["OrganizationUnitFullyQualifiedName"] == "Shared"
    assert made["FolderKey"] and made["Key"]
    assert make("other", EntryPointPath="other.xaml")["EntryPointPath"] == "Other.xaml"
    body = {"Name": "bad", "ProcessKey": "Pack", "ProcessVersion": "1.0.0", "EntryPointPath": "No"}
    assert shared.post("/odata/Releases", body).status_code == 404


@pytest.mark.parametrize(("package", "version"), [("Pack", "9.9.9"), ("Nothing", "1.0.0")])
def test_the_package_must_be_there(shared: Client, package: str, version: str) -> None:
    body = {"Name": "x", "ProcessKey": package, "ProcessVersion": version}
    answer = shared.post("/odata/Releases", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, 1002)


def test_a_name_is_taken_once_in_a_folder(shared: Client, make: Make) -> None:
    make("Once")
    body = {"Name": "ONCE", "ProcessKey": "Pack", "ProcessVersion": "1.0.0"}
    assert shared.post("/odata/Releases", body).json()["errorCode"] == 1001


def test_versions_are_remembered(shared: Client, make: Make) -> None:
    made = make("versions")
    path = f"/odata/Releases({made['Id']})"
    shared.ok("PATCH", path, json={"ProcessVersion": "2.0.0"})
    found = shared.ok("GET", f"{path}?$expand=CurrentVersion,ReleaseVersions,EntryPoint")
    assert (found["IsLatestVersion"], found["CurrentVersion"]["VersionNumber"]) == (True, "2.0.0")
    assert [v["VersionNumber"] for v in found["ReleaseVersions"]] == ["1.0.0", "2.0.0"]
    assert found["EntryPoint"]["Path"] == "Main.xaml"

    back = shared.ok("POST", f"{path}/{ODATA}.RollbackToPreviousReleaseVersion")
    assert shared.ok("GET", path)["ProcessVersion"] == "1.0.0"
    assert isinstance(back["value"], int)
    shared.ok("POST", f"{path}/{ODATA}.UpdateToLatestPackageVersion")
    assert shared.ok("GET", path)["ProcessVersion"] == "2.0.0"
    specific = f"{path}/{ODATA}.UpdateToSpecificPackageVersion"
    shared.ok("POST", specific, json={"packageVersion": "1.0.0"})
    assert shared.ok("GET", path)["ProcessVersion"] == "1.0.0"
    assert shared.post(specific, {"packageVersion": "7.0.0"}).status_code == 404


def test_a_put_keeps_what_follows_from_the_package(shared: Client, make: Make) -> None:
    made = make("put")
    body = {"Name": "put", "ProcessKey": "Pack", "ProcessVersion": "1.0.0", "Description": "new"}
    assert shared.ok("PUT", f"/odata/Releases({made['Id']})", json=body) == {}
    found = shared.ok("GET", f"/odata/Releases({made['Id']})")
    same = ("Arguments", "EntryPointId", "Key")
    assert [found[name] for name in same] == [made[name] for name in same]
    assert found["Description"] == "new"
    answer = shared.patch(f"/odata/Releases({made['Id']})", {"ProcessKey": "Else"})
    assert answer.status_code == 409


def test_the_command_line_finds_its_release(shared: Client, make: Make) -> None:
    made = make("listed")
    rows = shared.rows(
        f"/odata/Releases/{ODATA}.ListReleases?$select=Id,Key,ProcessVersion&$top=25"
        "&$filter=ProcessKey eq 'Pack' and Name eq 'listed'"
    )
    assert rows == [{"Id": made["Id"], "Key": made["Key"], "ProcessVersion": "1.0.0"}]
    assert shared.ok("GET", f"/odata/Releases({made['Id']})/{ODATA}.GetRelease")["Name"] == "listed"


def test_a_release_with_unfinished_jobs_stays(shared: Client, make: Make) -> None:
    made = make("busy")
    shared.ok(
        "POST", f"/odata/Jobs/{ODATA}.StartJobs", 201,
        json={"startInfo": {"ReleaseKey": made["Key"]}},
    )  # fmt: skip
    assert shared.delete(f"/odata/Releases({made['Id']})").status_code == 409
    job = shared.rows("/odata/Jobs?$filter=ReleaseName eq 'busy'")[0]["Id"]
    stop = {"jobIds": [job], "strategy": "Kill"}
    shared.ok("POST", f"/odata/Jobs/{ODATA}.StopJobs", json=stop)
    assert shared.delete(f"/odata/Releases({made['Id']})").status_code == 204


# --- packages -------------------------------------------------------------------------------


def test_packages_are_listed_by_their_newest_version(shared: Client) -> None:
    assert [row["Version"] for row in shared.rows("/odata/Processes")] == ["2.0.0"]
    assert shared.rows("/odata/Processes?searchTerm=pac")
    assert shared.rows("/odata/Processes?searchTerm=zzz") == []
    versions = shared.rows(f"/odata/Processes/{ODATA}.GetProcessVersions(processId='pack')")
    assert [row["Version"] for row in versions] == ["1.0.0", "2.0.0"]
    arguments = shared.ok("GET", f"/odata/Processes/{ODATA}.GetArguments(key='Pack:1.0.0')")
    assert (arguments["Input"], arguments["Output"]) == ("[]", None)


def test_a_package_in_use_stays(shared: Client, make: Make) -> None:
    make("uses")
    assert shared.delete("/odata/Processes('Pack:1.0.0')").status_code == 409


# --- by key, and many at once ---------------------------------------------------------------


def at(operation: str) -> str:
    return f"/odata/Releases/{ODATA}.{operation}"


def version_of(shared: Client, release: dict[str, object]) -> object:
    return shared.ok("GET", f"/odata/Releases({release['Id']})")["ProcessVersion"]


def test_newer_clients_create_a_release_by_an_action(shared: Client) -> None:
    body = {
        "Name": "created", "ProcessKey": "Pack", "ProcessVersion": "1.0.0",
        "EntryPointPath": "Other.xaml", "RetentionAction": "Delete", "RetentionPeriod": 30,
    }  # fmt: skip
    made = shared.ok("POST", at("CreateRelease"), 201, json=body)
    assert (made["Name"], made["EntryPointPath"]) == ("created", "Other.xaml")
    assert made["@odata.context"].endswith("#Releases/$entity")
    again = shared.post(at("CreateRelease"), body)
    assert (again.status_code, again.json()["errorCode"]) == (409, 1001)
    assert shared.post(at("CreateRelease"), {**body, "ProcessKey": "No"}).status_code == 404
    for bad in ({}, [], {**body, "Name": " "}):
        assert shared.post(at("CreateRelease"), bad).status_code == 400


def test_versions_by_key(shared: Client, make: Make) -> None:
    made = make("keyed")
    key = made["Key"]
    newest = shared.ok("POST", at(f"UpdateToLatestPackageVersionByKey(identifier={key})"))
    assert newest["value"] == key
    assert newest["@odata.context"].endswith("#Edm.Guid")
    assert version_of(shared, made) == "2.0.0"
    shared.ok("POST", at(f"RollbackToPreviousReleaseVersionByKey(identifier={key})"))
    assert version_of(shared, made) == "1.0.0"
    specific = at(f"UpdateToSpecificPackageVersionByKey(identifier={key})")
    shared.ok("POST", specific, json={"packageVersion": "2.0.0"})
    assert version_of(shared, made) == "2.0.0"
    assert shared.post(specific, {"packageVersion": "9.9.9"}).status_code == 404
    assert shared.post(specific, {}).status_code == 400
    unknown = "00000000-0000-0000-0000-000000000000"
    missing = shared.post(at(f"UpdateToLatestPackageVersionByKey(identifier={unknown})"))
    assert missing.status_code == 404


def test_a_release_is_changed_by_key(shared: Client, make: Make) -> None:
    made = make("changed by key")
    body = {"releaseKey": made["Key"], "processVersion": "2.0.0", "entryPointPath": "Other.xaml",
            "inputArgs": "{}"}  # fmt: skip
    assert shared.ok("POST", at("UpdateByKey"), json=body) == {}
    found = shared.ok("GET", f"/odata/Releases({made['Id']})")
    assert (found["ProcessVersion"], found["EntryPointPath"]) == ("2.0.0", "Other.xaml")
    assert found["InputArguments"] == "{}"
    assert shared.post(at("UpdateByKey"), {"releaseKey": made["Key"], "entryPointPath": "No"}
                       ).status_code == 404  # fmt: skip
    assert version_of(shared, made) == "2.0.0"


def test_many_go_to_their_newest_version(shared: Client, make: Make) -> None:
    first, second = make("bulk 1"), make("bulk 2")
    bulk = at("UpdateToLatestPackageVersionBulk")
    done = shared.ok("POST", bulk, json={"releaseIds": [first["Id"], second["Id"]]})
    assert (done["Success"], done["FailedItems"]) == (True, [])
    assert version_of(shared, second) == "2.0.0"
    third = make("bulk 3")
    done = shared.ok("POST", bulk, json={"releaseIds": [10**6, third["Id"]]})
    assert (done["Success"], done["FailedItems"]) == (False, [10**6])
    assert done["Message"]
    assert version_of(shared, third) == "2.0.0"
    fourth = make("bulk 4")
    done = shared.ok("POST", f"{bulk}ByKey", json={"releaseKeys": [fourth["Key"]]})
    assert done["Success"] is True
    assert version_of(shared, fourth) == "2.0.0"


def test_a_release_goes_by_key(shared: Client, make: Make) -> None:
    made = make("goes")
    path = f"/api/Releases/DeleteByKey?key={made['Key']}"
    assert shared.delete(path).status_code == 204
    assert shared.get(f"/odata/Releases({made['Id']})").status_code == 404
    assert shared.delete(path).status_code == 404


def test_a_navigation_may_be_selected_alone(shared: Client, make: Make) -> None:
    make("navigates")
    assert shared.rows("/odata/Releases?$select=CurrentVersion&$top=1") == [{}]
    expanded = "/odata/Releases?$select=CurrentVersion&$expand=CurrentVersion&$top=1"
    assert list(shared.rows(expanded)[0]) == ["CurrentVersion"]
