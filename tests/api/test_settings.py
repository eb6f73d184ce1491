"""Settings, status and feeds: what clients ask before they begin."""

from stand_in import Client, StandIn

ODATA = "UiPath.Server.Configuration.OData"


def pairs(answer: dict[str, list[str]]) -> dict[str, str]:
    return dict(zip(answer["Keys"], answer["Values"], strict=True))


def test_old_clients_read_the_version(admin: Client) -> None:
    found = pairs(admin.ok("GET", f"/odata/Settings/{ODATA}.GetAuthenticationSettings"))
    assert found["Build.Version"]


def test_several_settings_at_once(admin: Client) -> None:
    changes = [
        {"Name": "Abp.Timing.TimeZone", "Value": "Romance Standard Time"},
        {"Name": "My.Own", "Value": "1", "Scope": "Tenant"},
    ]
    assert admin.ok("POST", f"/odata/Settings/{ODATA}.UpdateBulk", json={"settings": changes}) == {}
    found = pairs(admin.ok("GET", f"/odata/Settings/{ODATA}.GetWebSettings"))
    assert (found["Abp.Timing.TimeZone"], found["My.Own"]) == ("Romance Standard Time", "1")
    answer = admin.post(f"/odata/Settings/{ODATA}.UpdateBulk", {"settings": [{"Value": "x"}]})
    assert answer.status_code == 400


def test_the_time_zones_that_may_be_named(admin: Client) -> None:
    found = admin.ok("GET", f"/odata/Settings/{ODATA}.GetTimezones")["Items"]
    named = {zone["Value"]: zone["Name"] for zone in found}
    assert named["Tokyo Standard Time"] == "(UTC+09:00) Tokyo Standard Time"
    assert "UTC" in named


def test_the_licence(admin: Client) -> None:
    found = admin.ok("GET", f"/odata/Settings/{ODATA}.GetLicense")
    assert (found["IsRegistered"], found["IsExpired"]) == (True, False)


def test_anyone_may_ask_for_the_status(stand_in: StandIn) -> None:
    assert stand_in.http.get("/api/Status/Get").status_code == 200
    assert stand_in.http.get("/api/Status/Version").json()["version"]


def test_the_feed_that_the_command_line_looks_for(admin: Client) -> None:
    feeds = admin.ok("GET", "/api/PackageFeeds/GetFeeds")
    assert [feed["purpose"] for feed in feeds] == ["Processes"]
    folder = admin.rows("/odata/Folders")[0]["Id"]
    assert admin.ok("GET", f"/api/PackageFeeds/GetFolderFeed?folderId={folder}") is None
    assert admin.get("/api/PackageFeeds/GetFolderFeed?folderId=999999").status_code == 404


def test_sessions_over_folders(admin: Client) -> None:
    for name in ("GetGlobalSessions", "GetUserRobots"):
        path = f"/odata/Sessions/{ODATA}.{name}?$expand=Robot($expand=User)"
        assert isinstance(admin.rows(path), list)
